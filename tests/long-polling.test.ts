import { Client } from './client.fixture';
import { quiet } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';

let server: TestServer;
let proxy: Proxy;

beforeAll(async () => {
  server = await TestServer.start();
});

beforeEach(async () => {
  proxy = await Proxy.start(server.port);
});

afterEach(async () => {
  await Client.closeAll();
  await proxy.stop();
});

afterAll(() => server.stop());

/** Broadcasts in bursts of all sizes, with pauses of all kinds between them, so that polls meet them in every state. */
async function burst(path: string, count: number): Promise<string[]> {
  const sent: string[] = [];
  for (let size = 1; sent.length < count; size = (size * 3) % 101) {
    const messages = Array.from(
      { length: Math.min(size, count - sent.length) },
      (_, index) => `<${sent.length + index}|>`,
    );
    server.broadcast(path, ...messages);
    sent.push(...messages);
    if (size % 2) await new Promise((resolve) => setImmediate(resolve));
    else await quiet(size % 3);
  }
  return sent;
}

describe('a polling atmosphere.js', () => {
  it.each([true, false])(
    'gets 2000 messages in bursts, each once and in order (tracked: %s)',
    async (track) => {
      const path = `/room/burst-${track}`;
      const client = await Client.open(proxy.url + path, { transport: 'long-polling', track });
      const sent = await burst(path, 2000);
      expect(await client.received(2000, 30_000)).toEqual(sent);
      const polls = proxy.requests('GET');
      // Each poll but the first, which brings the handshake, and the one that is held, brought something.
      if (track) expect(polls).toBeLessThan(500);
      else expect(polls).toBeLessThanOrEqual(2000 + 2);
      await quiet(100);
      expect(proxy.requests('GET') - polls).toBeLessThanOrEqual(1);
    },
    40_000,
  );

  it('asks twice in three seconds when there is nothing to say: for the handshake, and for the first message', async () => {
    await Client.open(`${proxy.url}/room/idle`, { transport: 'long-polling', track: true });
    await quiet(3000);
    expect(proxy.requests('GET')).toBe(2);
  });

  it('gets what was broadcast between its first two polls', async () => {
    const path = '/room/between';
    const client = await Client.open(proxy.url + path, { transport: 'long-polling', track: true });
    server.broadcast(path, 'at once|');
    expect(await client.received(1)).toEqual(['at once|']);
  });
});
