import { capabilities, connect, openSocket, type Client, type ConnectOptions } from '@ionosphere/client/node';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { deskServices, type DeskApi } from './desk.fixture';
import { eventually } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';
import { services } from './services.fixture';

let server: TestServer;
const clients: Client<DeskApi>[] = [];

function client(path: string, options: ConnectOptions = {}, base = server.url): Client<DeskApi> {
  const made = connect<DeskApi>(base + path, { rememberSeconds: 0, retrySeconds: 0.02, ...options });
  clients.push(made);
  return made;
}

beforeAll(async () => {
  server = await TestServer.start({ services: [...services, ...deskServices] });
});
afterEach(() => Promise.all(clients.splice(0).map((one) => one.close())));
afterAll(() => server.stop());

describe('A client that is not let in gives up, and says why', () => {
  it.each([
    ['where there is nothing', '/nothing', 'not-found'],
    ['whom the service refuses once it is there', '/door/closed', 'forbidden'],
  ])('%s', async (_why, path, code) => {
    const one = client(path);
    const refused = expect(one.send({ say: 'hello' })).rejects.toMatchObject({ code });
    expect(await one.closed).toEqual({ by: 'failure', error: expect.objectContaining({ code, retry: false }) });
    await refused;
    expect([one.state, one.status.reason?.code]).toEqual(['closed', code]);
    await expect(one.ready()).rejects.toMatchObject({ code });
  });

  it('where nobody listens, after as many attempts as it may make', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const one = client('/', { maxAttempts: 2 }, `http://127.0.0.1:${port}`);
    const { by, error } = await one.closed;
    expect([by, error?.code, error?.message]).toEqual([
      'failure',
      'unreachable',
      expect.stringMatching(/not reached in 2 attempts/),
    ]);
  });

  it('when the service closes its resource', async () => {
    const one = connect<{ sends: string }>(`${server.url}/door/in`, { format: 'text' });
    await one.ready();
    one.push('out');
    expect(await one.closed).toMatchObject({ by: 'server' });
    expect(() => one.push('more')).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});

describe('A wait for a reply', () => {
  it('ends when its time is over, or when it is given up, before or after', async () => {
    const one = client('/desk/waits');
    await one.ready();
    const never = { add: [999, 1] };
    await expect(one.request(never, { timeoutSeconds: 0.05 })).rejects.toMatchObject({ code: 'timeout', retry: true });
    const abort = new AbortController();
    const given = expect(one.request(never, { signal: abort.signal })).rejects.toMatchObject({
      code: 'aborted',
      cause: 'enough',
    });
    abort.abort('enough');
    await given;
    await expect(one.send({ say: 'x' }, { signal: abort.signal })).rejects.toMatchObject({ code: 'aborted' });
    await expect(one.request(never, { timeoutSeconds: 0 })).rejects.toMatchObject({ code: 'bad-option' });
  });

  it('that was given up before there was a connection lets nothing be sent', async () => {
    const proxy = await Proxy.start(server.port);
    proxy.hold();
    const one = client('/desk/unsent', { transports: ['websocket'] }, proxy.url);
    await expect(one.request({ add: [7] }, { timeoutSeconds: 0.05 })).rejects.toMatchObject({ code: 'timeout' });
    proxy.release();
    await one.send({ say: 'sent' });
    expect(proxy.sent.entries.join('')).not.toContain('[7]');
    await one.close();
    await proxy.stop();
  });

  it('is refused for what can not be sent, in words', async () => {
    const one = client('/desk/words');
    await expect(one.send((() => 1) as never)).rejects.toMatchObject({
      code: 'bad-option',
      message: /send: a function can't be sent/,
    });
    expect(() => one.push(1n as never)).toThrow(/push: a bigint can't be sent/);
    expect(() => one.pushLocal(1)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('is refused when too much waits already', async () => {
    const proxy = await Proxy.start(server.port);
    proxy.hold();
    const one = client('/desk/full', { outboxSize: 2 }, proxy.url);
    const first = [one.send({ say: 'a' }), one.send({ say: 'b' })].map((sent) =>
      sent.catch(({ code }) => code as string),
    );
    await expect(one.send({ say: 'c' })).rejects.toMatchObject({ code: 'outbox-full' });
    await one.close();
    expect(await Promise.all(first)).toEqual(['closed', 'closed']);
    await proxy.stop();
  });
});

describe('Reading with for await', () => {
  it('gets every message, and ends with the client', async () => {
    const one = client('/desk/iterated');
    const said: unknown[] = [];
    const reading = (async () => {
      for await (const message of one) said.push(message.said ?? 'welcome');
    })();
    for (const say of ['a', 'b', 'c']) await one.send({ say });
    await eventually(() => said.length === 4, 'all were read');
    await one.close();
    await reading;
    expect(said).toEqual(['welcome', 'a', 'b', 'c']);
  });
});

describe('A listener that throws', () => {
  it('keeps no other from being told, and is reported', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const one = client('/desk/throws');
    const told: unknown[] = [];
    one.on('message', () => {
      throw new Error('of the application');
    });
    one.on('message', (message) => told.push(message));
    await one.send({ say: 'x' });
    await eventually(() => told.length === 2, 'the other is told');
    expect(warned).toHaveBeenCalledWith(new Error('of the application'));
    warned.mockRestore();
  });
});

it('A connection over which nothing is heard is taken for lost', async () => {
  const proxy = await Proxy.start(server.port);
  const one = client('/desk/silent', { silenceSeconds: 0.2, transports: ['websocket'] }, proxy.url);
  await one.ready();
  proxy.blackhole();
  await new Promise<void>((resolve) => one.on('state', ({ state }) => state === 'reconnecting' && resolve()));
  await one.close();
  proxy.heal();
  await proxy.stop();
});

it('Node can do all transports, and share nothing', () => {
  expect(capabilities()).toEqual({
    transports: { websocket: true, sse: true, streaming: true, 'long-polling': true },
    sharing: false,
    remembering: false,
    farewell: false,
  });
});

it('What a client sends, and what it gets, is known to the compiler', () => {
  const check = async (one: Client<DeskApi>): Promise<void> => {
    const { sum } = await one.request({ add: [1] });
    const asNumber: number = sum;
    // @ts-expect-error: there is no such message
    one.push({ shout: 'x' });
    // @ts-expect-error: there is no such request
    await one.request({ say: 'x' });
    one.on('message', ({ said }) => {
      const text: string | undefined = said;
      // @ts-expect-error: it is no number
      const wrong: number | undefined = said;
      void [text, wrong];
    });
    void asNumber;
  };
  expect(check).toBeInstanceOf(Function);
});

describe('A raw WebSocket', () => {
  let other: WebSocketServer;
  let url: string;
  beforeAll(async () => {
    other = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: (offered) => [...offered].at(-1) ?? false,
    });
    await new Promise((resolve) => other.once('listening', resolve));
    url = `ws://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  });
  afterAll(() => new Promise((resolve) => other.close(resolve)));

  it('speaks with any server: texts, bytes, fragments, pings both ways, and a sub-protocol', async () => {
    const masks: Uint8Array[] = [];
    other.once('connection', (peer) => {
      peer.on('message', (data, isBinary) => peer.send(data as Buffer, { binary: isBinary }));
      peer.ping('are you there');
      peer.send('frag', { fin: false });
      peer.send('ment', { fin: true });
    });
    const socket = await openSocket(url, { protocols: ['a', 'b'], mask: (bytes) => masks.push(bytes.fill(7)) });
    const pinged = new Promise<string>((resolve) => socket.onPing((body) => resolve(Buffer.from(body).toString())));
    expect(socket.protocol).toBe('b');
    const messages = socket[Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe('fragment');
    await socket.send('i am ', { lastFrame: false });
    await socket.send('cow');
    await socket.send(Uint8Array.of(1, 255));
    expect([(await messages.next()).value, (await messages.next()).value]).toEqual(['i am cow', Buffer.from([1, 255])]);
    expect(await socket.ping()).toBeGreaterThan(0);
    expect(masks.length).toBeGreaterThan(0);
    await Promise.race([pinged, wait(0)]);
    expect(await socket.close(4321, 'enough')).toEqual({ code: 4321, reason: 'enough' });
    expect((await messages.next()).done).toBe(true);
    await expect(socket.send('late')).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('ends when a message is too large, whole or in fragments', async () => {
    other.once('connection', (peer) => {
      peer.on('error', () => undefined);
      for (let n = 0; n < 4; n++) peer.send('x'.repeat(40), { fin: n === 3 });
    });
    const socket = await openSocket(url, { maxMessageBytes: 100 });
    expect((await socket.closed).code).toBe(1006);
  });

  it('answers pings by itself, unless it is told not to', async () => {
    const pongs: string[] = [];
    other.on('connection', (peer) => {
      peer.on('pong', (data) => pongs.push(data.toString()));
      peer.on('message', (data) => peer.ping((data as Buffer).toString()));
    });
    const [polite, quiet] = [await openSocket(url), await openSocket(url, { autoPong: false })];
    quiet.onPing((body) => quiet.pong(`own ${Buffer.from(body).toString()}`));
    await Promise.all([polite.send('one'), quiet.send('two')]);
    await eventually(() => pongs.length === 2, 'both pongs');
    expect(pongs.sort()).toEqual(['one', 'own two']);
    await Promise.all([polite.close(), quiet.close()]);
  });

  it('that can not be had is refused in words', async () => {
    await expect(openSocket('ws://127.0.0.1:1/')).rejects.toMatchObject({ code: 'unreachable' });
    await expect(openSocket(`${server.url}/health`)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(openSocket('no url')).rejects.toMatchObject({ code: 'bad-option' });
    await expect(openSocket(url, { maxMessageBytes: -1 })).rejects.toThrow(/maxMessageBytes is -1/);
  });
});
