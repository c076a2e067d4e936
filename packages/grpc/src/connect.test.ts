import { connect as connectTcp, createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { EventEmitter, once } from 'node:events';
import {
  App,
  DeliverTo,
  Disconnect,
  Failure,
  ManagedService,
  Message,
  Ready,
  Resource,
  ResourceEvent,
} from '@ionosphere/core';
import { IsInt } from 'class-validator';
import { ClientError, connect, GrpcServer, type Client, type Ending, type StateChange } from './index';

/** What the service was told: each event names the path. */
const told = new EventEmitter();
const readied: { path: string; who: string | undefined; token: string | undefined }[] = [];

class Bid {
  @IsInt()
  amount!: number;
}

@ManagedService({ path: '/room/{name}' })
class Room {
  @Ready()
  onReady({ request }: Resource): void {
    readied.push({ path: request.path, who: request.header('x-who'), token: request.header('token') });
  }

  @Message()
  onText(text: string): string {
    return text;
  }

  @Message()
  onBytes(bytes: Buffer): Buffer {
    return bytes;
  }

  @Disconnect()
  onDisconnect({ resource, isClosedByClient }: ResourceEvent): void {
    told.emit(`disconnect ${resource.request.path}`, isClosedByClient);
  }
}

@ManagedService({ path: '/bids', limits: { maxMessageBytes: 1000 } })
class Bids {
  @Message()
  @DeliverTo('RESOURCE')
  onBid({ amount }: Bid): Bid {
    return { amount: amount + 1 };
  }
}

interface BidsApi {
  requests: Bids;
}

/** The next change of that state. */
function becomes(client: Client, state: StateChange['state']): Promise<StateChange> {
  return new Promise((resolve) => {
    const stop = client.on('state', (change) => {
      if (change.state !== state) return;
      stop();
      resolve(change);
    });
  });
}

describe('connect, over gRPC', () => {
  let app: App;
  let server: GrpcServer;
  let proxy: NetServer;
  let url = '';
  const sockets = new Set<Socket>();
  const clients: Client[] = [];

  function open(path: string, options: Parameters<typeof connect>[1] = {}): Client<BidsApi> {
    const client = connect<BidsApi>(`${url}${path}`, { retrySeconds: 0.02, ...options });
    clients.push(client);
    return client;
  }

  const resourceAt = (path: string): Resource | undefined => app.broadcasters.find(path)?.resources[0];

  beforeAll(async () => {
    app = new App({ services: [Room, Bids], config: { logMessages: 64 } });
    server = await GrpcServer.start(app, { port: 0, host: '127.0.0.1' });
    proxy = createServer((socket) => {
      const upstream = connectTcp(server.port, '127.0.0.1');
      sockets.add(socket);
      for (const [one, other] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        one.pipe(other);
        one.on('error', () => undefined).on('close', () => other.destroy());
      }
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  afterAll(async () => {
    server.drain();
    await app.stop();
    await server.close();
    proxy.close();
  });

  it('speaks, asks and listens, and says goodbye', async () => {
    const client = open('/room/a', { headers: { 'x-who': 'Ann' }, parameters: { token: 'T' } });
    const messages = client[Symbol.asyncIterator]();
    client.push('pushed');
    await client.send('sent');
    await client.send(Uint8Array.of(0, 255));
    const heard = [await messages.next(), await messages.next(), await messages.next()].map(({ value }) => value);
    expect(heard).toEqual(['pushed', 'sent', Buffer.of(0, 255)]);
    expect(client.transport).toBe('grpc');
    expect(readied).toEqual([{ path: '/room/a', who: 'Ann', token: 'T' }]);
    const left = once(told, 'disconnect /room/a');
    await client.close();
    expect(await left).toEqual([true]);
    expect(await client.closed).toEqual({ by: 'client', error: undefined });
    expect(client.state).toBe('closed');
  });

  it('rejects with the failure of a message, a large one too, and goes on', async () => {
    const client = open('/bids');
    await expect(client.request({ amount: 1.5 })).rejects.toMatchObject({
      code: 'invalid-message',
      details: [{ property: 'amount' }],
    });
    await expect(client.send('x'.repeat(1500))).rejects.toMatchObject({ code: 'message-too-large', retry: false });
    const failed = new Promise<ClientError>((resolve) => client.on('failure', resolve));
    client.push({ amount: 'none' });
    expect(await failed).toMatchObject({ code: 'invalid-message' });
    expect(await client.request({ amount: 7 })).toEqual({ amount: 8 });
  });

  it('comes back by itself after a break, under its id, misses nothing, and has each message handled once', async () => {
    const client = open('/room/back');
    const heard: unknown[] = [];
    client.on('message', (message) => heard.push(message));
    await client.send('before');
    const resource = resourceAt('/room/back');
    const back = becomes(client, 'live');
    for (const socket of sockets) socket.destroy();
    const sent = Promise.all(Array.from({ length: 20 }, (_, index) => client.send(`mine ${index}`)));
    for (let index = 0; index < 20; index++) app.broadcasters.lookup('/room/back').broadcast(`missed ${index}`);
    await back;
    await sent;
    await client.send('after');
    expect(resourceAt('/room/back')).toBe(resource);
    const numbered = (name: string): string[] => Array.from({ length: 20 }, (_, index) => `${name} ${index}`);
    expect(heard[0]).toBe('before');
    expect(heard.filter((text) => String(text).startsWith('missed'))).toEqual(numbered('missed'));
    expect(heard.filter((text) => String(text).startsWith('mine'))).toEqual(numbered('mine'));
    expect(heard.at(-1)).toBe('after');
    expect(heard).toHaveLength(42);
  });

  it('is told of a gap when the log no longer has what it missed', async () => {
    const client = open('/room/gap');
    await client.ready();
    const gap = new Promise<void>((resolve) => client.on('gap', resolve));
    for (const socket of sockets) socket.destroy();
    const room = app.broadcasters.lookup('/room/gap');
    for (let index = 0; index < 200; index++) room.broadcast(`lost ${index}`);
    await gap;
    await client.send('after');
  });

  it.each<[string, Failure | undefined, Ending['by'], string]>([
    ['without a failure', undefined, 'server', 'closed'],
    ['with one', new Failure('forbidden', 'Out.'), 'failure', 'forbidden'],
  ])('is told when the service ends it, %s', async (what, failure, by, code) => {
    const path = `/room/out ${what}`;
    const client = open(path);
    await client.ready();
    resourceAt(path)?.close(failure);
    expect(await client.closed).toMatchObject({ by, error: { code } });
    await expect(client.send('late')).rejects.toMatchObject({ code: 'closed' });
  });

  it.each(['/room/a%2Fb', '/room/100%25', '/room/%C3%A4%20b'])('names the topic as the path says: %s', async (path) => {
    const client = open(path);
    const [heard] = await Promise.all([client[Symbol.asyncIterator]().next(), client.send('here')]);
    expect(heard.value).toBe('here');
    expect(readied.at(-1)?.path).toBe(path === '/room/a%2Fb' ? path : decodeURIComponent(path));
  });

  it('ends with the failure of the server that will not have it, or when there is none', async () => {
    const stranger = open('/nowhere');
    await expect(stranger.ready()).rejects.toMatchObject({ code: 'not-found' });
    expect(await stranger.closed).toMatchObject({ by: 'failure', error: { code: 'not-found' } });
    const nobody = connect('http://127.0.0.1:1/room/a', { maxAttempts: 1 });
    expect(await nobody.closed).toMatchObject({ by: 'failure', error: { code: 'unreachable' } });
  });

  it.each<[string, object, string]>([
    ['http://h/a', { transports: ['sse'] }, 'connect: gRPC has no option "transports"'],
    ['http://h/a', { headers: { 'a b': '1' } }, 'connect: headers: Metadata key "a b" contains illegal characters'],
    ['http://h/a', { nonsense: 1 }, 'connect: there is no option "nonsense"'],
    ['localhost', {}, 'connect: "localhost" is no URL; write it as https://example.org/chat'],
  ])('refuses %s with %j', (address, options, text) => {
    expect(() => connect(address, options)).toThrow(text);
    expect(() => connect(address, options)).toThrow(ClientError);
  });

  it('waits as long as a server asks that stops', async () => {
    const other = new App({ services: [Room], config: { logMessages: 64 } });
    const stopping = await GrpcServer.start(other, { port: 0, host: '127.0.0.1' });
    const client = connect(`http://127.0.0.1:${stopping.port}/room/stop`, { retrySeconds: 0.02 });
    clients.push(client);
    await client.ready();
    const waits = becomes(client, 'reconnecting');
    stopping.drain();
    await other.stop({ retryAfterSeconds: 60 });
    const { reason, retryAt = 0 } = await waits;
    expect(reason?.code).toBe('stopping');
    expect(retryAt).toBeGreaterThan(Date.now() + 50_000);
    await stopping.close();
  });
});
