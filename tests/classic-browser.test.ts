import type { Browser } from 'playwright-core';
import { findBrowser, launch } from './browser.fixture';
import {
  asDelivered,
  ClassicPage,
  inAll,
  serveClassicPage,
  transports,
  versions,
  wires,
  type ClassicTransport,
} from './classic.fixture';
import { eventually } from './journal.fixture';
import type { TestServer } from './server.fixture';

const texts = ['a|b', '3|abc', 'zoë 😀 \u2028</script>', 'one\r\ntwo\nthree', 'ü|'.repeat(32_768)];

const found = findBrowser();
const describeInBrowser = 'reason' in found ? describe.skip : describe;
if ('reason' in found)
  process.stderr.write(`The tests in a browser are skipped, because none starts: ${found.reason}\n`);

/** How many messages are sent at once: without lengths a poll brings one, and before each script the client waits 50 ms. */
function many(transport: ClassicTransport, track: boolean): number {
  if (track || !['long-polling', 'jsonp'].includes(transport)) return 1000;
  return transport === 'jsonp' ? 4 : 50;
}

describeInBrowser('In Chromium, the classic clients 2.3.8, 3.1.3 and 4.0.1', () => {
  let server: TestServer;
  let browser: Browser;
  let pages: ClassicPage[];

  beforeAll(async () => {
    if ('reason' in found) return;
    server = await serveClassicPage();
    browser = await launch(found);
    pages = await Promise.all(versions.map((version) => ClassicPage.open(browser, server, version)));
    for (const { page, version } of pages)
      expect(await page.evaluate('atmosphere.version.split("-")[0]')).toBe(version);
  }, 60_000);

  afterEach(() => inAll(pages, (page) => page.unsubscribe()));

  afterAll(async () => {
    for (const page of pages) await page.close();
    await browser.close();
    await server.stop();
    expect(pages.flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  describe.each(wires)('over $wire', ({ transport, track }) => {
    // Nothing on this wire says where a message ends: only the characters and their order are promised.
    const merges = transport === 'streaming' && !track;
    const pathOf = ({ version }: ClassicPage): string => `/room/${version}-${transport}-${track}`;

    async function expectMessages(page: ClassicPage, expected: readonly string[]): Promise<void> {
      const whole = expected.join('');
      if (merges) expect(await page.receivedText(whole.length)).toBe(whole);
      else expect(await page.received(expected.length)).toEqual(expected);
    }

    it('open once, know their id by then, are echoed every kind of text, and get many in order', () =>
      inAll(pages, async (page) => {
        const path = pathOf(page);
        await page.subscribe(path, { transport, trackMessageLength: track, greeting: texts[0] });
        const expected: string[] = [];
        for (const text of texts) {
          if (text !== texts[0]) await page.push(text);
          expected.push(asDelivered(transport, text));
          await expectMessages(page, expected);
        }
        const sent = Array.from({ length: many(transport, track) }, (_, index) => `<${index}|>`);
        server.broadcast(path, ...sent);
        await expectMessages(page, [...expected, ...sent]);
        expect(await page.events()).toEqual(['open']);
        const uuids = server.happenings.of('ready', path).map(({ uuid }) => uuid);
        expect(uuids).toEqual([await page.uuid()]);
      }));

    it('get what they missed while they were cut off, once and in order', () =>
      inAll(pages, async (page) => {
        const path = `${pathOf(page)}-cut`;
        await page.subscribe(path, { transport, trackMessageLength: track, reconnectInterval: 20 });
        const resource = server.server.app.resources.find(await page.uuid());
        await eventually(() => resource?.state === 'ready', 'the server has a connection');
        page.proxy.hold();
        page.proxy.cut();
        await eventually(() => resource?.state === 'away', 'the server notices');
        server.broadcast(path, 'm1', 'm2|x', 'm3');
        page.proxy.release();
        await expectMessages(page, ['m1', 'm2|x', 'm3']);
        server.broadcast(path, 'live|');
        await expectMessages(page, ['m1', 'm2|x', 'm3', 'live|']);
        expect(server.happenings.of('disconnect', path)).toEqual([]);
      }));
  });

  it('get the text of a broadcast alike, whoever speaks, on whatever transport', async () => {
    const text = 'Grüße 😀 | {"a":"b|c"}\n\nlast line';
    for (const [index, transport] of transports.entries()) {
      await inAll(pages, (page) => page.subscribe('/fan', { transport, trackMessageLength: index % 2 === 0 }));
      await pages[index % pages.length]?.push(text);
      await inAll(pages, async (page) => expect(await page.received(1)).toEqual([text]));
      await inAll(pages, (page) => page.unsubscribe());
    }
  });
});
