import { Client, wires, type ClientTransport } from './client.fixture';
import { eventually } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';

const quick = { reconnect: true, reconnectInterval: 20 };

let server: TestServer;
let proxy: Proxy;
let flowing: NodeJS.Timeout | undefined;

beforeAll(async () => {
  server = await TestServer.start();
});

beforeEach(async () => {
  proxy = await Proxy.start(server.port);
});

afterEach(async () => {
  clearInterval(flowing);
  await Client.closeAll();
  await proxy.stop();
});

afterAll(() => server.stop());

function stateAt(path: string): string | undefined {
  return [...server.server.app.resources.all()].find(({ endpoint }) => endpoint.path === path)?.state;
}

/** Connects, and waits until the client can be cut off: a poll must be under way for the server to see that it breaks. */
async function connected(path: string, transport: ClientTransport, track: boolean): Promise<Client> {
  const client = await Client.open(proxy.url + path, { transport, track, ...quick });
  if (transport === 'long-polling') await server.pollHeld(path);
  return client;
}

/** Cuts the client off, and lets it try to come back; it waits at the proxy. */
async function cutOff(client: Client, path: string): Promise<void> {
  const closed = client.count('close');
  proxy.hold();
  proxy.cut();
  await client.events.until(() => client.count('close') > closed, 'the client notices');
  await eventually(() => stateAt(path) === 'away', 'the server notices');
}

async function back(client: Client, times: number): Promise<void> {
  proxy.release();
  await client.events.until(() => client.count('reopen') === times, `the client is back, ${times} times`);
}

describe.each(wires)('atmosphere.js that was cut off, over $wire', ({ transport, track }) => {
  const path = `/room/${transport}-${track}`;
  const merges = transport === 'streaming' && !track;
  const expectMessages = async (client: Client, expected: readonly string[]): Promise<void> => {
    await client.receivedText(expected.join('').length);
    if (merges) expect(client.text).toBe(expected.join(''));
    else expect(client.messages.entries).toEqual(expected);
  };

  it('gets what it missed, once and in order, under the same uuid, each time', async () => {
    const client = await connected(path, transport, track);
    const expected: string[] = [];
    for (const round of [1, 2, 3]) {
      await cutOff(client, path);
      const missed = [`${round}a`, `${round}b|x`, `${round}c`];
      server.broadcast(path, ...missed);
      await back(client, round);
      server.broadcast(path, `${round} live|`);
      expected.push(...missed, `${round} live|`);
      await expectMessages(client, expected);
      if (transport === 'long-polling') await server.pollHeld(path);
    }
    expect(client.count('open')).toBe(1);
    expect(client.count('error')).toBe(0);
    const ready = server.happenings.of('ready', path);
    expect(new Set(ready.map(({ uuid }) => uuid)).size).toBe(1);
    expect(server.happenings.of('disconnect', path)).toEqual([]);
  });

  it('keeps order and gets nothing twice when it is cut off in the middle of a flow', async () => {
    const flow = `${path}-flow`;
    const client = await connected(flow, transport, track);
    let sent = 0;
    let pausing = false;
    flowing = setInterval(() => !pausing && server.broadcast(flow, `<${sent++}|>`), 1);
    for (const round of [1, 2, 3]) {
      const seen = client.text.length;
      await client.receivedText(seen + 100);
      // An answer that is lost on its way leaves no trace at the server (PROTOCOL.md, "Reconnect"), and so this client, which
      // expects a handshake, gets none. Between the cut and the server's knowing of it, no poll may be answered.
      pausing = transport === 'long-polling';
      if (pausing) await eventually(() => stateAt(flow) === 'ready', 'a poll is held');
      proxy.cut();
      if (pausing) await eventually(() => stateAt(flow) === 'away', 'the server notices');
      pausing = false;
      await client.events.until(() => client.count('reopen') === round, `the client is back, ${round} times`);
    }
    clearInterval(flowing);
    const last = `<${sent}|>`;
    server.broadcast(flow, last);
    await client.messages.until(() => client.text.endsWith(last), 'the last message');
    const numbers = [...client.text.matchAll(/<(\d+)\|>/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(client.text.replace(/<\d+\|>/g, '')).toBe('');
  });
});
