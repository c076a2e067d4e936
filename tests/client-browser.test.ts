import type { Client } from '@ionosphere/client';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { findBrowser, launch } from './browser.fixture';
import { deskServices, done, letGo } from './desk.fixture';
import { eventually } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';

const root = join(__dirname, '..');
const library = join(root, 'packages/client/dist/client.global.js');

/** What the page keeps of its client. */
interface Seen {
  readonly messages: { readonly said?: string; readonly welcome?: true }[];
  readonly states: string[];
  readonly local: unknown[];
  readonly gaps: number;
}
interface InPage {
  readonly seen: Seen;
  readonly client: Client<{ readonly sends: unknown; readonly receives: unknown }>;
  readonly begin: (path: string, options: object) => void;
}

const found = findBrowser();
const describeInBrowser = 'reason' in found ? describe.skip : describe;

describeInBrowser('A client in Chromium', () => {
  let server: TestServer;
  let proxy: Proxy;
  let browser: Browser;
  let context: BrowserContext;
  const complaints: string[] = [];
  const options = { services: deskServices, files: { '/': join(__dirname, 'client-page'), '/ionosphere.js': library } };

  beforeAll(async () => {
    if ('reason' in found) return;
    // The script as it is published, from the sources of this moment.
    execFileSync(process.execPath, [join(root, 'packages/client/bundle.mjs')]);
    server = await TestServer.start(options);
    browser = await launch(found);
  }, 60_000);

  beforeEach(async () => {
    proxy = await Proxy.start(server.port);
    context = await browser.newContext();
  });

  afterEach(async () => {
    await context.close();
    await proxy.stop();
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  async function newPage(prepare?: () => void): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    if (prepare) await page.addInitScript(prepare);
    await page.goto(`${proxy.url}/`);
    return page;
  }

  const begin = (page: Page, path: string, more: object = {}): Promise<void> =>
    page.evaluate(([where, what]) => (globalThis as unknown as InPage).begin(where, what), [path, more] as const);
  const live = (page: Page): Promise<void> => page.evaluate(() => (globalThis as unknown as InPage).client.ready());
  const seen = (page: Page): Promise<Seen> => page.evaluate(() => (globalThis as unknown as InPage).seen);
  const send = (page: Page, say: string): Promise<void> =>
    page.evaluate((text) => (globalThis as unknown as InPage).client.send({ say: text }), say);
  const ask = (page: Page, add: number[]): Promise<unknown> =>
    page.evaluate((sum) => (globalThis as unknown as InPage).client.request({ add: sum }), add);
  const saw = (page: Page, said: string): Promise<unknown> =>
    page.waitForFunction(
      (text) => (globalThis as unknown as InPage).seen.messages.some((one) => one.said === text),
      said,
    );
  const became = (page: Page, state: string): Promise<unknown> =>
    page.waitForFunction((wanted) => (globalThis as unknown as InPage).seen.states.at(-1) === wanted, state);
  const said = async (page: Page): Promise<unknown[]> => (await seen(page)).messages.flatMap((one) => one.said ?? []);
  const tell = (path: string, text: string): void => server.broadcast(path, JSON.stringify({ said: text }));
  const resourcesAt = (path: string) =>
    [...server.server.app.resources.all()].filter(({ endpoint }) => endpoint.path === path);

  it.each(['websocket', 'sse', 'streaming', 'long-polling'])('sends, asks and gets over %s', async (transport) => {
    const page = await newPage();
    await begin(page, `/desk/browser-${transport}`, { transports: [transport] });
    expect(await ask(page, [1, 2])).toEqual({ sum: 3 });
    await send(page, 'ü 😀 | "\n"');
    await saw(page, 'ü 😀 | "\n"');
    expect((await seen(page)).states).toEqual([`live ${transport}`]);
  });

  it('gets 1000 messages in order', async () => {
    const page = await newPage();
    await begin(page, '/desk/browser-many');
    await live(page);
    const texts = Array.from({ length: 1000 }, (_, index) => `<${index}|>`);
    for (const text of texts) tell('/desk/browser-many', text);
    await saw(page, '<999|>');
    expect(await said(page)).toEqual(texts);
  });

  it('takes SSE where WebSocket is blocked, remembers it, and finds WebSocket again in the background', async () => {
    const path = '/desk/browser-blocked';
    proxy.answer((request) =>
      /upgrade: websocket/i.test(request) ? 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n' : undefined,
    );
    const page = await newPage();
    await begin(page, path, { upgradeSeconds: 0 });
    await live(page);
    expect((await seen(page)).states).toEqual(['live sse']);
    const before = proxy.sent.entries.join('').match(/Upgrade: websocket/gi)?.length;
    await page.reload();
    await begin(page, path, { upgradeSeconds: 0.2 });
    await live(page);
    expect(proxy.sent.entries.join('').match(/Upgrade: websocket/gi)?.length).toBe(before);
    proxy.release();
    await became(page, 'live websocket');
    await send(page, 'over WebSocket');
    expect((await seen(page)).states).toEqual(['live sse', 'live websocket']);
    expect(new Set(resourcesAt(path).filter(({ state }) => state === 'ready')).size).toBe(1);
  });

  it('polls where a proxy swallows upgrades and keeps back every answer until it is whole', async () => {
    const page = await newPage();
    // As a proxy that buffers: a body is seen when it has ended.
    await page.evaluate(() => {
      const { fetch } = globalThis;
      globalThis.fetch = async (input, init) => {
        const response = await fetch(input, init);
        return new Response(await response.arrayBuffer(), response);
      };
      globalThis.WebSocket = class extends EventTarget {
        close(): void {}
      } as unknown as typeof WebSocket;
    });
    await begin(page, '/desk/browser-buffered', { connectSeconds: 0.5, upgradeSeconds: 0 });
    await live(page);
    expect((await seen(page)).states).toEqual(['live long-polling']);
    expect(await ask(page, [4, 5])).toEqual({ sum: 9 });
    tell('/desk/browser-buffered', 'through');
    await saw(page, 'through');
  });

  it('is offline when the network is, keeps what is sent meanwhile, and misses nothing', async () => {
    const path = '/desk/browser-offline';
    const page = await newPage();
    await begin(page, path);
    await live(page);
    await context.setOffline(true);
    await became(page, 'offline');
    tell(path, 'missed');
    const sent = send(page, 'written offline');
    await context.setOffline(false);
    await sent;
    await saw(page, 'written offline');
    expect(await said(page)).toEqual(['missed', 'written offline']);
    expect((await seen(page)).gaps).toBe(0);
    expect((await seen(page)).messages.filter(({ welcome }) => welcome)).toHaveLength(2);
  });

  it('comes back to a server that was started again, and says that something may be missing', async () => {
    const port = await freePort();
    const first = await TestServer.start({ ...options, port });
    const page = await context.newPage();
    await page.goto(`${first.url}/`);
    await begin(page, '/desk/browser-restart', { maxRetrySeconds: 0.2 });
    await live(page);
    await first.stop();
    await page.waitForFunction(() => (globalThis as unknown as InPage).client.state === 'reconnecting');
    const second = await TestServer.start({ ...options, port });
    await send(page, 'after the restart');
    await saw(page, 'after the restart');
    expect((await seen(page)).gaps).toBe(1);
    await page.close();
    await second.stop();
  });

  describe('that shares its connection', () => {
    const shared = { shared: true };

    it('with another tab has one resource, and each tab gets all messages, its own replies, and what is local', async () => {
      const path = '/desk/browser-shared';
      const [one, two] = [await newPage(), await newPage()];
      await begin(one, path, shared);
      await live(one);
      await begin(two, path, shared);
      await live(two);
      expect(resourcesAt(path)).toHaveLength(1);
      expect(await Promise.all([ask(one, [1]), ask(two, [2, 3])])).toEqual([{ sum: 1 }, { sum: 5 }]);
      await send(two, 'from two');
      await Promise.all([saw(one, 'from two'), saw(two, 'from two')]);
      await two.evaluate(() => (globalThis as unknown as InPage).client.pushLocal({ just: 'us' }));
      await one.waitForFunction(() => (globalThis as unknown as InPage).seen.local.length > 0);
      expect((await seen(one)).local).toEqual([{ just: 'us' }]);
      expect((await seen(two)).local).toEqual([]);
      await expect(
        two.evaluate(() =>
          (globalThis as unknown as InPage).client.request({ add: [] }).catch(({ code }) => code as string),
        ),
      ).resolves.toBe('forbidden');
    });

    it.each(['closes', 'goes elsewhere', 'closes the client'])(
      'hands over when the tab that has it %s: the same resource goes on, and nothing is lost or done twice',
      async (how) => {
        const path = `/desk/browser-leader-${how.replaceAll(' ', '-')}`;
        const [leader, follower] = [await newPage(), await newPage()];
        await begin(leader, path, shared);
        await live(leader);
        await begin(follower, path, shared);
        await live(follower);
        tell(path, 'before');
        await saw(follower, 'before');
        const [{ uuid } = { uuid: '' }] = resourcesAt(path);
        const begun = done.length;
        const reply = ask(follower, [999, 1]);
        await done.until((entries) => entries.length > begun, 'the handler has begun');
        if (how === 'closes') await leader.close();
        else if (how === 'goes elsewhere') await leader.goto('about:blank');
        else await leader.evaluate(() => (globalThis as unknown as InPage).client.close());
        tell(path, 'between');
        letGo();
        expect(await reply).toEqual({ sum: 1000 });
        await saw(follower, 'between');
        tell(path, 'after');
        await saw(follower, 'after');
        expect(await said(follower)).toEqual(['before', 'between', 'after']);
        expect((await seen(follower)).gaps).toBe(0);
        expect(resourcesAt(path).map((resource) => resource.uuid)).toEqual([uuid]);
        expect(done.entries.slice(begun)).toEqual(['sum 999+1']);
      },
    );
  });

  it.each(['websocket', 'sse', 'streaming', 'long-polling'])('over %s leaves no resource behind', async (transport) => {
    const path = `/desk/browser-leaving-${transport}`;
    const page = await newPage();
    for (const how of ['closes', 'goes'] as const) {
      await begin(page, path, { transports: [transport] });
      await live(page);
      await send(page, how);
      if (how === 'closes') await page.evaluate(() => (globalThis as unknown as InPage).client.close());
      else await page.close();
      await eventually(() => resourcesAt(path).length === 0, `the server has forgotten a page that ${how}`, 4000);
    }
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
