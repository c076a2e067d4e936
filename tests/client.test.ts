import { connect, type Client, type ClientTransport, type ConnectOptions } from '@ionosphere/client/node';
import { setTimeout as wait } from 'node:timers/promises';
import { deskServices, done, letGo, type DeskApi, type Say } from './desk.fixture';
import { Journal, eventually } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';
import { services } from './services.fixture';

const transports: readonly ClientTransport[] = ['websocket', 'sse', 'streaming', 'long-polling'];
const all = [...services, ...deskServices];

let server: TestServer;
let proxy: Proxy;
const clients: Client<DeskApi>[] = [];

beforeAll(async () => {
  server = await TestServer.start({ services: all });
});
beforeEach(async () => {
  proxy = await Proxy.start(server.port);
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await proxy.stop();
});
afterAll(() => server.stop());

/** A client, and what it was told. */
class Witness {
  readonly messages = new Journal<unknown>();
  readonly states = new Journal<string>();
  readonly failures = new Journal<string>();
  gaps = 0;
  readonly client: Client<DeskApi>;

  constructor(url: string, options: ConnectOptions = {}) {
    this.client = connect<DeskApi>(url, { rememberSeconds: 0, retrySeconds: 0.05, ...options });
    clients.push(this.client);
    this.client.on('message', (message) => this.messages.push(message));
    this.client.on('state', ({ state, transport }) => this.states.push(transport ? `${state} ${transport}` : state));
    this.client.on('failure', ({ code }) => this.failures.push(code));
    this.client.on('gap', () => this.gaps++);
  }

  said(count: number): Promise<unknown> {
    return this.messages.until((messages) => messages.length >= count, `${count} messages`);
  }
}

const resourcesAt = (path: string) =>
  [...server.server.app.resources.all()].filter(({ endpoint }) => endpoint.path === path);

describe.each(transports)('A client over %s', (transport) => {
  const only = { transports: [transport] };

  it('sends, asks, and gets what the service says, as values', async () => {
    const { client, messages } = new Witness(`${proxy.url}/desk/values-${transport}`, only);
    await client.ready();
    expect(client.transport).toBe(transport);
    expect(await client.request({ add: [1, 2, 3] })).toEqual({ sum: 6 });
    await client.send({ say: 'grüße 😀 | "x"\nnext' });
    client.push({ say: 'pushed' });
    await messages.until((seen) => seen.length >= 3, 'three messages');
    expect(messages.entries).toEqual([{ welcome: true }, { said: 'grüße 😀 | "x"\nnext' }, { said: 'pushed' }]);
  });

  it('is told of a failure by the request, the send, or the event that it belongs to', async () => {
    const { client, failures } = new Witness(`${proxy.url}/desk/failing-${transport}`, only);
    await expect(client.request({ add: [] })).rejects.toMatchObject({
      code: 'forbidden',
      message: 'There is nothing to add.',
    });
    await expect(client.send({ say: 1 } as never)).rejects.toMatchObject({
      code: 'invalid-message',
      details: expect.anything(),
    });
    client.push({ add: [] });
    await failures.until((seen) => seen.length > 0, 'the failure');
    expect(failures.entries).toEqual(['forbidden']);
  });

  it('is told which message is too large, and goes on', async () => {
    const { client, messages, states, failures } = new Witness(`${proxy.url}/desk/large-${transport}`, only);
    await client.ready();
    const say = 'x'.repeat(1_200_000);
    for (const large of [{ say }, Buffer.from(say)])
      await expect(client.send(large as Say)).rejects.toMatchObject({ code: 'message-too-large', retry: false });
    client.push({ say });
    await client.send({ say: 'small' });
    await messages.until((seen) => seen.length >= 2, 'what is small');
    expect(messages.entries).toEqual([{ welcome: true }, { said: 'small' }]);
    expect([failures.entries, states.entries]).toEqual([['message-too-large'], [`live ${transport}`]]);
  });

  it('gets every message once, in order, whatever breaks, and has each of its own handled once', async () => {
    const path = `/desk/breaks-${transport}`;
    const { client, messages, states } = new Witness(proxy.url + path, only);
    await client.ready();
    await client.send({ say: 'before' });
    const say = (text: string): void => server.broadcast(path, JSON.stringify({ said: text }));
    for (const round of [1, 2, 3]) {
      proxy.blackhole();
      say(`lost ${round}`);
      const sent = client.send({ say: `own ${round}` });
      const sum = client.request({ add: [round, 10] });
      await wait(20);
      proxy.heal();
      proxy.cut();
      say(`missed ${round}`);
      await sent;
      expect(await sum).toEqual({ sum: round + 10 });
    }
    say('end');
    await messages.until((seen) => seen.some((one) => (one as { said?: string }).said === 'end'), 'the end');
    const said = messages.entries.flatMap((one) => (one as { said?: string }).said ?? []);
    expect(said.filter((text) => !text.startsWith('own'))).toEqual([
      'before',
      'lost 1',
      'missed 1',
      'lost 2',
      'missed 2',
      'lost 3',
      'missed 3',
      'end',
    ]);
    expect(said.filter((text) => text.startsWith('own'))).toEqual(['own 1', 'own 2', 'own 3']);
    expect(resourcesAt(path)).toHaveLength(1);
    expect(states.entries.filter((state) => state === 'reconnecting').length).toBeGreaterThanOrEqual(3);
  }, 30_000);

  it('has a request that was handled, and whose reply was lost, answered without handling it again', async () => {
    const path = `/desk/once-${transport}`;
    const { client } = new Witness(proxy.url + path, only);
    await client.ready();
    const before = done.length;
    const reply = client.request({ add: [999, 1] });
    await done.until((seen) => seen.length > before, 'the handler has begun');
    proxy.blackhole();
    letGo();
    await wait(20);
    proxy.heal();
    proxy.cut();
    expect(await reply).toEqual({ sum: 1000 });
    expect(done.entries.slice(before)).toEqual(['sum 999+1']);
  });

  it('sends 1000 messages in order, and gets 1000', async () => {
    const path = `/desk/many-${transport}`;
    const { client, messages } = new Witness(proxy.url + path, only);
    await Promise.all(Array.from({ length: 1000 }, (_, index) => client.send({ say: `${index}` })));
    await messages.until((seen) => seen.length > 1000, 'all of them');
    expect(messages.entries.slice(1)).toEqual(Array.from({ length: 1000 }, (_, index) => ({ said: `${index}` })));
  }, 30_000);

  it('that closes is forgotten by the server at once, and has nothing left to do', async () => {
    const path = `/desk/closing-${transport}`;
    const { client, states } = new Witness(proxy.url + path, only);
    await client.ready();
    const waiting = client.request({ add: [999, 1] });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'closed' });
    await client.close();
    await refused;
    expect(await client.closed).toEqual({ by: 'client', error: undefined });
    expect(states.entries.at(-1)).toBe('closed');
    await eventually(() => resourcesAt(path).length === 0, 'the server has forgotten it');
    expect(() => client.push({ say: 'late' })).toThrow(expect.objectContaining({ code: 'closed' }));
    await expect(client.send({ say: 'late' })).rejects.toMatchObject({ code: 'closed' });
  });
});
