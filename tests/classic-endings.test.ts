import type { Browser } from 'playwright-core';
import { findBrowser, launch } from './browser.fixture';
import { ClassicPage, inAll, serveClassicPage, transports, versions } from './classic.fixture';
import { eventually, quiet } from './journal.fixture';
import type { TestServer } from './server.fixture';

const found = findBrowser();
const describeInBrowser = 'reason' in found ? describe.skip : describe;
const isUpgrade = (request: string): boolean => /\r\nupgrade: websocket\r\n/i.test(request);

/** How the close requests that a page has sent were sent. */
function goodbyes({ proxy }: ClassicPage): (string | undefined)[] {
  return proxy.sent.entries
    .flatMap((sent) => [...sent.matchAll(/(\w+) \S*X-Atmosphere-Transport=close/g)])
    .map(([, method]) => method);
}

describeInBrowser('In Chromium, the classic clients', () => {
  let server: TestServer;
  let browser: Browser;
  let pages: ClassicPage[];

  const ended = (path: string): readonly (readonly string[])[] =>
    server.happenings.of('disconnect', path).map(({ flags }) => flags);

  /** Subscribes, and waits until the service was told: a client that polls may be open before. */
  async function connect(
    page: ClassicPage,
    path: string,
    options: Parameters<ClassicPage['subscribe']>[1],
  ): Promise<void> {
    await page.subscribe(path, options);
    await server.happenings.until(() => server.happenings.of('ready', path).length > 0, '@Ready');
  }

  beforeAll(async () => {
    if ('reason' in found) return;
    const config = { heartbeatSeconds: 0.3, clientHeartbeatSeconds: 0.1, recoverySeconds: 0.4, pollGraceSeconds: 0.4 };
    server = await serveClassicPage({ config });
    browser = await launch(found);
    pages = await Promise.all(versions.map((version) => ClassicPage.open(browser, server, version)));
  }, 60_000);

  afterAll(async () => {
    for (const page of pages) await page.close();
    await browser.close();
    await server.stop();
    expect(pages.flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  describe.each(transports)('over %s', (transport) => {
    it('send heartbeats and get some, of which no application hears, and leave once, by a request', () =>
      inAll(pages, async (page) => {
        const path = `/room/beats-${page.version}-${transport}`;
        await connect(page, path, { transport, trackMessageLength: true });
        page.proxy.sent.entries.length = page.proxy.returned.entries.length = 0;
        await server.happenings.until(() => server.happenings.of('heartbeat', path).length >= 2, 'two heartbeats');
        await page.proxy.returned.until((chunks) => (chunks.join('').match(/1\|X/g)?.length ?? 0) >= 2, 'two more');
        server.broadcast(path, 'after');
        expect(await page.received(1)).toEqual(['after']);
        await page.unsubscribe();
        await server.happenings.until(() => ended(path).length > 0, '@Disconnect');
        await page.proxy.sent.until(() => goodbyes(page).length > 0, 'the close request');
        // The close frame, the end of the connection and the request have no order.
        await quiet(150);
        expect(goodbyes(page)).toEqual([page.version === '2.3.8' ? 'GET' : 'POST']);
        expect(ended(path)).toEqual([['isClosedByClient']]);
        expect(server.happenings.of('ready', path)).toHaveLength(1);
      }));

    it('leave once when their page goes', () =>
      inAll(pages, async (page) => {
        const path = `/room/leaving-${page.version}-${transport}`;
        await connect(page, path, { transport });
        await page.load();
        await server.happenings.until(() => ended(path).length > 0, '@Disconnect');
        await quiet(150);
        // What 2.3.8 sends then is a synchronous request, which browsers have given up; a WebSocket says goodbye itself.
        const silent = page.version === '2.3.8' && transport !== 'websocket';
        expect(ended(path)).toEqual([[silent ? 'isCancelled' : 'isClosedByClient']]);
      }));
  });

  it('leave once by GET, too', () =>
    inAll(pages, async (page) => {
      const path = `/room/get-${page.version}`;
      await connect(page, path, { transport: 'websocket', unloadBackwardCompat: true });
      page.proxy.sent.entries.length = 0;
      await page.unsubscribe();
      await page.proxy.sent.until(() => goodbyes(page).length > 0, 'the close request');
      await eventually(() => ended(path).length > 0, '@Disconnect');
      await quiet(50);
      expect([goodbyes(page), ended(path)]).toEqual([['GET'], [['isClosedByClient']]]);
    }));

  it.each(['sse', 'streaming', 'long-polling', 'jsonp'] as const)(
    'fall back from a refused WebSocket to %s, and work there',
    (fallbackTransport) =>
      inAll(pages, async (page) => {
        page.proxy.answer((request) =>
          isUpgrade(request) ? 'HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n' : undefined,
        );
        // Without the last, 2.3.8 falls back for the error of the socket and once more for its end, to nothing.
        await page.subscribe('/echo', { transport: 'websocket', fallbackTransport, maxWebsocketErrorRetries: 0 });
        await page.push('through|the back door');
        expect(await page.received(1)).toEqual(['through|the back door']);
        expect(await page.events()).toEqual(['close', 'transportFailure', 'open']);
        await page.unsubscribe();
        page.proxy.release();
      }),
  );

  it('poll, each time they are told to, under the id that a header told them', () =>
    inAll(pages, async (page) => {
      const path = `/room/polling-${page.version}`;
      const options = { transport: 'polling', readResponsesHeaders: true, trackMessageLength: true };
      await page.call('subscribe', { url: path, ...options });
      await server.happenings.until(() => server.happenings.of('ready', path).length > 0, '@Ready');
      await page.call('identified');
      server.broadcast(path, 'one', 'two|');
      await page.call('execute');
      expect(await page.received(2)).toEqual(['one', 'two|']);
      await page.push('three');
      await server.happenings.until(() => ended(path).length > 0, '@Disconnect, because no poll follows');
      expect(ended(path)).toEqual([['isCancelled']]);
      expect(await page.received(2)).toEqual(['one', 'two|']);
      await page.unsubscribe();
    }));

  it('send by script elements where they have nothing else, each message once', async () => {
    // One of the set-top boxes for which the library takes neither XMLHttpRequest nor WebSocket.
    const userAgent = 'KreaTVWebKit/531 Chrome/120';
    const boxes = await Promise.all(
      versions.map((version) => ClassicPage.open(browser, server, version, { userAgent })),
    );
    await inAll(boxes, async (box) => {
      const texts = ['a+b & c|😀%20', '</script>'];
      await box.subscribe('/echo', { transport: 'long-polling', enableXDR: true });
      for (const [index, text] of texts.entries()) {
        await box.push(text);
        expect(await box.received(index + 1)).toEqual(texts.slice(0, index + 1));
      }
      await quiet(150);
      expect(await box.received(2)).toEqual(texts);
      expect(box.proxy.sent.entries.join('').match(/Post-Body=[^X]/g)).toHaveLength(2);
    });
    for (const box of boxes) await box.close();
  });
});
