import { createServer, connect, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { once } from 'node:events';
import {
  App,
  DeliverTo,
  Disconnect,
  Failure,
  ManagedService,
  Message,
  ResourceEvent,
  type Payload,
} from '@ionosphere/core';
import { IsInt } from 'class-validator';
import { RecordingLogger } from '@ionosphere/testing';
import { GrpcClient, GrpcServer, type TopicListener } from './index';

const log = new RecordingLogger();

class Bid {
  @IsInt()
  amount!: number;
}

@ManagedService({ path: '/room/{name}' })
class Room {
  @Message()
  onMessage(text: string): string {
    return text;
  }

  @Disconnect()
  onDisconnect({ resource, isClosedByClient }: ResourceEvent): void {
    log.info('disconnect', { topic: resource.broadcaster.id, isClosedByClient });
  }
}

@ManagedService('/bids')
class Bids {
  @Message()
  @DeliverTo('RESOURCE')
  onBid({ amount }: Bid): Bid {
    return { amount: amount + 1 };
  }
}

/** Keeps what comes, for whoever waits. */
class Inbox implements TopicListener {
  readonly #arrived: unknown[] = [];
  #wake: () => void = () => undefined;

  onMessage(payload: Payload): void {
    this.#put(payload);
  }

  onGap(): void {
    this.#put('gap');
  }

  onEnd(failure: Error | undefined): void {
    this.#put({ end: failure && (failure as Failure).code });
  }

  #put(what: unknown): void {
    this.#arrived.push(what);
    this.#wake();
  }

  async next(): Promise<unknown> {
    while (this.#arrived.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#arrived.shift();
  }
}

describe('GrpcClient', () => {
  let app: App;
  let server: GrpcServer;
  let proxy: NetServer;
  const sockets = new Set<Socket>();
  let client: GrpcClient;

  beforeAll(async () => {
    app = new App({ services: [Room, Bids] });
    server = await GrpcServer.start(app, { port: 0, host: '127.0.0.1' });
    proxy = createServer((socket) => {
      const upstream = connect(server.port, '127.0.0.1');
      for (const [one, other] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        sockets.add(one);
        one.pipe(other);
        one.on('error', () => undefined).on('close', () => other.destroy());
      }
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
  });

  beforeEach(() => {
    client = new GrpcClient(`127.0.0.1:${(proxy.address() as AddressInfo).port}`, { reconnectMillis: 20 });
  });

  afterEach(() => client.close());

  afterAll(async () => {
    server.drain();
    await app.stop();
    await server.close();
    proxy.close();
  });

  it('speaks and listens on several topics, and says goodbye', async () => {
    const [a, b] = [new Inbox(), new Inbox()];
    const one = await client.subscribe('/room/a', a);
    const two = await client.subscribe('/room/b', b);
    await one.send('to a');
    await two.send({ to: 'b' });
    expect([await a.next(), await b.next()]).toEqual(['to a', '{"to":"b"}']);
    one.leave();
    await two.send(Buffer.of(1, 2));
    await client.close();
    for (const topic of ['/room/a', '/room/b'])
      expect(log.find('disconnect', { topic })[0]?.fields).toMatchObject({ isClosedByClient: true });
  });

  it('rejects with the failure of a message, and of a subscription', async () => {
    const inbox = new Inbox();
    const bids = await client.subscribe('/bids', inbox);
    await expect(bids.send({ amount: 1.5 })).rejects.toMatchObject({
      code: 'invalid-message',
      details: [{ property: 'amount' }],
    });
    await bids.send({ amount: 1 });
    expect(await inbox.next()).toBe('{"amount":2}');
    await expect(client.subscribe('/nowhere', inbox)).rejects.toMatchObject({ code: 'not-found' });
    await expect(client.subscribe('/bids', inbox)).rejects.toThrow('The client has subscribed to /bids already.');
  });

  it('has the answer to a message without a subscription', async () => {
    expect(await client.send('/bids', { amount: 5 })).toBe('{"amount":6}');
  });

  it('comes back by itself after a break, under its id, and misses nothing', async () => {
    const inbox = new Inbox();
    const topic = await client.subscribe('/room/back', inbox);
    await topic.send('before');
    expect(await inbox.next()).toBe('before');
    const { trackingId } = client;
    const resource = app.resources.find(trackingId);
    for (const socket of sockets) socket.destroy();
    for (let index = 0; index < 50; index++) app.broadcasters.lookup('/room/back').broadcast(`missed ${index}`);
    for (let index = 0; index < 50; index++) expect(await inbox.next()).toBe(`missed ${index}`);
    expect(client.trackingId).toBe(trackingId);
    expect(app.resources.find(trackingId)).toBe(resource);
    await topic.send('after');
    expect(await inbox.next()).toBe('after');
  });

  it('is told when the service ends it', async () => {
    const inbox = new Inbox();
    await client.subscribe('/room/out', inbox);
    app.resources.find(client.trackingId)?.close(new Failure('forbidden', 'Out.'));
    expect(await inbox.next()).toEqual({ end: 'forbidden' });
  });

  it('rejects when there is no server', async () => {
    const nobody = new GrpcClient('127.0.0.1:1');
    await expect(nobody.subscribe('/room/a', new Inbox())).rejects.toThrow('14: ');
    await nobody.close();
  });
});
