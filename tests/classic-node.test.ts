import { packageOf, versions, type ClassicVersion } from './classic.fixture';
import { eventually, Journal, quiet } from './journal.fixture';
import { TestServer } from './server.fixture';

/** What the tests use of the library, which brings no types. */
interface Library {
  subscribe(options: object): { push(text: string): void; close(): void; getUUID(): string | number };
}

const transports = ['websocket', 'sse', 'streaming', 'long-polling'] as const;
const cases = versions.flatMap((version) => transports.map((transport) => ({ version, transport })));

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(() => server.stop());

/** The library as its package gives it to Node, with the WebSocket, EventSource and XMLHttpRequest that it brings itself. */
function load(version: ClassicVersion): Library {
  return jest.requireActual<Library>(packageOf(version));
}

describe.each(cases)('In Node, atmosphere.js $version over $transport', ({ version, transport }) => {
  it('opens, is echoed what it says, hears what is broadcast, and leaves once', async () => {
    const path = `/room/node-${version}-${transport}`;
    const events = new Journal<string>();
    const messages = new Journal<string>();
    const socket = load(version).subscribe({
      url: server.url + path,
      transport,
      fallbackTransport: 'none',
      trackMessageLength: true,
      logLevel: 'error',
      // 2.3.8 says goodbye by a request that blocks the process, and with it the server, which is in the same one.
      closeAsync: true,
      onOpen: () => events.push('open'),
      onError: () => events.push('error'),
      onMessage: ({ responseBody }: { responseBody: string }) => messages.push(responseBody),
    });
    await events.until((seen) => seen.includes('open'), 'onOpen');
    socket.push('a|b 😀');
    await messages.until(({ length }) => length > 0, 'the echo');
    server.broadcast(path, 'one', 'two|');
    await messages.until(({ length }) => length > 2, 'the broadcasts');
    const uuid = socket.getUUID();
    socket.close();
    await eventually(() => server.happenings.of('disconnect', path).length > 0, '@Disconnect');
    await quiet(50);
    expect(messages.entries).toEqual(['a|b 😀', 'one', 'two|']);
    expect(events.entries).toEqual(['open']);
    expect(server.happenings.of('ready', path)).toHaveLength(1);
    expect(server.happenings.of('disconnect', path)).toMatchObject([{ uuid, flags: ['isClosedByClient'] }]);
  });
});
