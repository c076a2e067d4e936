import { Client } from './client.fixture';
import { TestServer } from './server.fixture';

const LOG_MESSAGES = 5;

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ config: { logMessages: LOG_MESSAGES } });
});

afterEach(() => Client.closeAll());
afterAll(() => server.stop());

const burst = Array.from({ length: 50 }, (_, index) => `message ${index}`);
const readies = (path: string): string[] => server.happenings.of('ready', path).map(({ flags }) => flags.join());

/** How what is sent in one turn comes to a client. */
const ways = [
  { way: 'broadcast', name: 'all', send: (path: string): void => server.broadcast(path, ...burst) },
  {
    way: 'sent to it alone',
    name: 'one',
    send: (path: string): void => {
      const resource = [...server.server.app.resources.all()].find(({ endpoint }) => endpoint.path === path);
      for (const text of burst) resource?.send(text);
    },
  },
];

describe.each(ways)('More messages in one turn than the log keeps, $way', ({ name, send }) => {
  it.each(['websocket', 'sse', 'streaming'] as const)('all reach a client over %s that is there', async (transport) => {
    const path = `/room/${transport}-${name}`;
    const client = await Client.open(`${server.url}${path}`, { transport, track: true });
    send(path);
    expect(await client.received(burst.length)).toEqual(burst);
    expect(readies(path)).toEqual(['']);
  });

  it('reach a client over long-polling as far as a poll and the log have room, and the gap is told', async () => {
    const path = `/room/long-polling-${name}`;
    const client = await Client.open(`${server.url}${path}`, { transport: 'long-polling', track: true });
    await server.pollHeld(path);
    send(path);
    const got = [...burst.slice(0, LOG_MESSAGES), ...burst.slice(-LOG_MESSAGES)];
    expect(await client.received(got.length)).toEqual(got);
    expect(readies(path)).toEqual(['', 'gap']);
  });
});
