import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { findBrowser, launch } from './browser.fixture';
import { transports, wires, type ClientTransport } from './client.fixture';
import { eventually, quiet } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';

const texts = [
  'a|b',
  '3|abc',
  'zoë 😀 \u2028',
  'one\r\ntwo\nthree',
  'an\n\nempty line',
  '  spaces  ',
  'ü|'.repeat(32_768),
];
const onWire = (transport: string, text: string): string => (transport === 'sse' ? text.replace(/\r\n?/g, '\n') : text);

const found = findBrowser();
const describeInBrowser = 'reason' in found ? describe.skip : describe;
if ('reason' in found)
  process.stderr.write(`The tests in a browser are skipped, because none starts: ${found.reason}\n`);

describeInBrowser('Chromium', () => {
  let server: TestServer;
  let proxy: Proxy;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    if ('reason' in found) return;
    const library = join(dirname(require.resolve('atmosphere.js')), 'atmosphere.global.js');
    server = await TestServer.start({ files: { '/': join(__dirname, 'page'), '/atmosphere.global.js': library } });
    proxy = await Proxy.start(server.port);
    browser = await launch(found);
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    // The page comes through the proxy, so that its connections can be cut off.
    await page.goto(`${proxy.url}/`);
  }, 60_000);

  afterEach(() => call('closeAll'));

  afterAll(async () => {
    await browser.close();
    await proxy.stop();
    await server.stop();
    expect(complaints).toEqual([]);
  });

  /** Calls a function of the page. */
  function call<T>(name: string, ...args: unknown[]): Promise<T> {
    return page.evaluate<T, [string, unknown[]]>(
      ([called, given]) =>
        (globalThis as unknown as Record<string, (...args: unknown[]) => T>)[called]?.(...given) as T,
      [name, args],
    );
  }

  async function open(
    name: string,
    path: string,
    transport: ClientTransport,
    track: boolean,
    more = {},
  ): Promise<void> {
    const tracking = track ? { trackMessageLength: true } : {};
    await call('openClient', name, { url: proxy.url + path, transport, enableProtocol: true, ...tracking, ...more });
  }

  describe.each(wires)('with atmosphere.js over $wire', ({ transport, track }) => {
    const path = `/room/browser-${transport}-${track}`;
    // Nothing on this wire says where a message ends: only the characters and their order are promised.
    const merges = transport === 'streaming' && !track;

    async function expectMessages(expected: readonly string[]): Promise<void> {
      if (merges) expect(await call('receivedText', 'it', expected.join('').length)).toBe(expected.join(''));
      else expect(await call('received', 'it', expected.length)).toEqual(expected);
    }

    it('opens once, and echoes every kind of text as it was', async () => {
      await open('it', '/echo', transport, track);
      for (const [index, text] of texts.entries()) {
        await call('push', 'it', text);
        await expectMessages(texts.slice(0, index + 1).map((sent) => onWire(transport, sent)));
      }
      expect(await call('events', 'it')).toEqual(['open']);
    });

    it('gets 1000 messages in order', async () => {
      await open('it', path, transport, track);
      const sent = Array.from({ length: 1000 }, (_, index) => `<${index}|>`);
      server.broadcast(path, ...sent);
      await expectMessages(sent);
    });

    it('gets what it missed while it was cut off, once and in order', async () => {
      const cut = `${path}-cut`;
      await open('it', cut, transport, track, { reconnect: true, reconnectInterval: 50 });
      if (transport === 'long-polling') {
        await server.pollHeld(cut);
        // A request whose answer has not begun is repeated by the browser itself, which the server takes for a loss.
        await quiet(100);
      }
      proxy.hold();
      proxy.cut();
      await call('called', 'it', 'close', 1);
      const [resource] = [...server.server.app.resources.all()].filter(({ endpoint }) => endpoint.path === cut);
      await eventually(() => resource?.state === 'away', 'the server notices');
      server.broadcast(cut, 'm1', 'm2|x', 'm3');
      proxy.release();
      await call('called', 'it', 'reopen', 1);
      server.broadcast(cut, 'live|');
      await expectMessages(['m1', 'm2|x', 'm3', 'live|']);
    });
  });

  it('gets the text of a broadcast alike over all transports at once', async () => {
    const names = await Promise.all(
      wires.map(async ({ transport, track, wire }) => {
        await open(wire, '/fan', transport, track);
        return wire;
      }),
    );
    const text = 'Grüße 😀 | {"a":"b|c"}\n\nlast line ';
    await call('push', names[0], text);
    for (const name of names) expect(await call('received', name, 1)).toEqual([text]);
  });

  it('gets messages by a plain EventSource without any parameter', async () => {
    await call('openSource', 'plain', `${proxy.url}/fan`);
    server.broadcast('/fan', 'one', 'two\n|lines', ' ');
    expect(await call('received', 'plain', 3)).toEqual(['one', 'two\n|lines', ' ']);
  });

  it('holds four connections for four transports, and ends each when the page goes', async () => {
    for (const transport of transports) await open(transport, `/room/leaving`, transport, true);
    const elsewhere = await browser.newPage();
    await elsewhere.close();
    await page.reload();
    const states = (): string[] =>
      [...server.server.app.resources.all()]
        .filter(({ endpoint }) => endpoint.path === '/room/leaving')
        .map(({ state }) => state);
    await eventually(() => states().every((state) => state === 'away'), 'the server sees them go');
  });
});
