import { createServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { once } from 'node:events';
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import {
  App,
  AuthInterceptor,
  authenticationOf,
  Disconnect,
  ManagedService,
  Message,
  Ready,
  Resource,
  type AppOptions,
  type GrpcOptions,
} from '@ionosphere/core';
import { RecordingLogger, TestClock } from '@ionosphere/testing';
import { service as healthService } from 'grpc-health-check';
import { makePairs, type Pair } from './certificates.fixture';
import { GrpcServer, SERVICE_NAME } from './index';
import { Peer, send } from './peer.fixture';
import { stub, type AnyClient } from './suite-client.fixture';

@ManagedService('/echo')
class Echo {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

@ManagedService('/whoami')
class Whoami {
  @Ready()
  onReady(resource: Resource): string | undefined {
    return authenticationOf(resource)?.principal;
  }

  @Message()
  onMessage(text: string): string {
    return text;
  }
}

const log = new RecordingLogger();

@ManagedService('/slow')
class Slow {
  @Message()
  async onMessage(text: string): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return text;
  }

  @Disconnect()
  onDisconnect(): void {
    log.info('slow is gone');
  }
}

const running: (() => Promise<void>)[] = [];

async function start(options: GrpcOptions = {}, appOptions: Partial<AppOptions> = {}) {
  const app = new App({ services: [Echo, Whoami, Slow], ...appOptions });
  const server = await GrpcServer.start(app, { port: 0, host: '127.0.0.1', ...options });
  const clients: AnyClient[] = [];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      server.drain();
      await app.stop();
      await server.close();
      clients.forEach((client) => client.close());
    })());
  running.push(stop);
  const connect = (channelCredentials = credentials.createInsecure()): AnyClient => {
    const client = stub(`localhost:${server.port}`, channelCredentials);
    clients.push(client);
    return client;
  };
  return { app, server, stop, connect };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()));
});

describe('A gRPC server over TLS', () => {
  let server: Pair;
  let client: Pair;
  let stranger: Pair;
  let remove: () => void;

  beforeAll(async () => {
    const made = await makePairs(3);
    [server, client, stranger] = made.pairs as [Pair, Pair, Pair];
    remove = made.remove;
  });

  afterAll(() => remove());

  it('serves those who trust its certificate', async () => {
    const { connect } = await start({ tls: server.files });
    const ack = await send(connect(credentials.createSsl(server.cert)), { topic: '/echo', payload: 'safe' });
    expect(ack.type).toBe('ACK');
    const untrusting = connect(credentials.createSsl(stranger.cert));
    await expect(send(untrusting, { topic: '/echo', payload: 'x' })).rejects.toMatchObject({ code: 14 });
  });

  it('serves, with clientCa, those alone who have a certificate of its', async () => {
    const { connect } = await start({ tls: { ...server.files, clientCa: client.files.cert } });
    const known = connect(credentials.createSsl(server.cert, client.key, client.cert));
    expect((await send(known, { topic: '/echo', payload: 'mutual' })).type).toBe('ACK');
    for (const own of [
      credentials.createSsl(server.cert),
      credentials.createSsl(server.cert, stranger.key, stranger.cert),
    ])
      await expect(send(connect(own), { topic: '/echo', payload: 'x' })).rejects.toMatchObject({ code: 14 });
  });

  it.each<[string, () => GrpcOptions, string]>([
    [
      'a key that is not there',
      () => ({ tls: { ...server.files, key: '/no/key.pem' } }),
      'grpc: tls.key: "/no/key.pem" can\'t be read',
    ],
    [
      'a key in place of its path',
      () => ({ tls: { ...server.files, key: server.key.toString() } }),
      'grpc: tls.key must be the path',
    ],
    ['a key of another certificate', () => ({ tls: { ...server.files, key: client.files.key } }), "can't be used: "],
    [
      'no certificates of those who sign',
      () => ({ tls: { ...server.files, clientCa: '/no/ca.pem' } }),
      'grpc: tls.clientCa: ',
    ],
  ])('says at once what is wrong with %s', async (_what, options, text) => {
    const error = await start(options()).then(undefined, (thrown: Error) => thrown);
    expect((error as Error).message).toContain(text);
    expect((error as Error).message).not.toContain('PRIVATE KEY');
  });
});

describe('A gRPC server', () => {
  it.each<[GrpcOptions, string]>([
    [{ prot: 1 } as GrpcOptions, 'grpc: there is no option "prot"; known are port, host'],
    [{ port: 70_000 }, 'grpc: port is 70000; it must be 0 to 65535'],
    [{ maxTopicsPerStream: 0 }, 'grpc: maxTopicsPerStream is 0; it must be a whole number from 1'],
    [{ maxStreamsPerConnection: 1.5 }, 'grpc: maxStreamsPerConnection is 1.5; it must be a whole number from 1'],
    [{ keepaliveSeconds: -1 }, 'grpc: keepaliveSeconds is -1; it must be a whole number from 1'],
  ])('refuses the options %j', async (options, text) => {
    await expect(start(options)).rejects.toThrow(text);
  });

  it('says so when its port is taken', async () => {
    const taken: NetServer = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(start({ port })).rejects.toThrow(`grpc: can't listen on 127.0.0.1:${port}: `);
    taken.close();
  });

  it('takes the token of a client out of the metadata', async () => {
    const validate = (token: string): { principal: string } | undefined =>
      token.startsWith('good ') ? { principal: token.slice(5) } : undefined;
    const { connect } = await start({}, { interceptors: [new AuthInterceptor({ validate, header: 'Authorization' })] });
    const client = connect();
    const ann = { authorization: 'Bearer good ann' };
    const peer = Peer.subscribe(client, { topic: '/whoami' }, ann);
    const { tracking_id } = await peer.next();
    expect((await peer.next()).payload).toBe('ann');
    await send(client, { topic: '/whoami', payload: 'mine', tracking_id }, ann);
    expect((await peer.next()).payload).toBe('mine');
    const bob = { authorization: 'Bearer good bob' };
    await expect(send(client, { topic: '/whoami', payload: 'x', tracking_id }, bob)).rejects.toMatchObject({ code: 7 });
    await expect(send(client, { topic: '/whoami', payload: 'x', tracking_id })).rejects.toMatchObject({ code: 16 });
    await expect(send(client, { topic: '/whoami', payload: 'x' })).rejects.toMatchObject({ code: 16 });
    await expect(Peer.subscribe(client, { topic: '/whoami' }).next()).rejects.toMatchObject({ code: 16 });
    const stream = Peer.stream(client, { authorization: 'bad' });
    stream.send({ type: 'SUBSCRIBE', topic: '/whoami' });
    expect((await stream.ended).code).toBe(16);
    peer.call.cancel();
  });

  it('tells its health, and that it is about to stop', async () => {
    const { server, stop } = await start();
    const Health = loadPackageDefinition({ health: healthService })['health'] as never as new (
      ...args: unknown[]
    ) => AnyClient;
    const client = new Health(`localhost:${server.port}`, credentials.createInsecure());
    const watch = client.watch({ service: SERVICE_NAME });
    watch.on('error', () => undefined);
    const over = new Promise((resolve) => watch.on('status', resolve));
    expect((await once(watch, 'data'))[0]).toMatchObject({ status: 'SERVING' });
    const next = once(watch, 'data');
    const stopped = stop();
    expect((await next)[0]).toMatchObject({ status: 'NOT_SERVING' });
    await stopped;
    // It would watch for ever.
    await over;
    client.close();
  });

  it('tells tools which methods it has, unless told not to', async () => {
    const ask = async (client: AnyClient): Promise<string[]> => {
      const reflection = client.makeBidiStreamRequest(
        '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        // list_services (7) of everything
        () => Buffer.from([0x3a, 1, 0x2a]),
        (bytes: Buffer) => bytes.toString('latin1'),
      );
      reflection.on('error', () => undefined);
      reflection.write({});
      return (await once(reflection, 'data').finally(() => reflection.cancel())) as string[];
    };
    const open = await start();
    expect((await ask(open.connect()))[0]).toContain(SERVICE_NAME);
    const closed = await start({ reflection: false });
    await expect(ask(closed.connect())).rejects.toMatchObject({ code: 12 });
  });

  it('limits connections and how fast clients come, per address', async () => {
    // Time stands still, so that nothing is forgiven.
    const { app, connect } = await start(
      {},
      { clock: new TestClock(), limits: { maxConnectionsPerAddress: 2, handshakeBurst: 3 } },
    );
    const client = connect();
    const streams = [Peer.stream(client), Peer.subscribe(client, { topic: '/echo' })];
    await (streams[0] as Peer).join('/echo');
    await (streams[1] as Peer).next();
    const third = await Peer.stream(client).ended;
    expect([third.code, third.metadata.get('x-atmosphere-error')]).toEqual([8, ['too-many-connections']]);
    streams[0]?.call.cancel();
    await streams[0]?.ended;
    while (app.counters.tallies.grpc.open !== 1) await new Promise((resolve) => setImmediate(resolve));
    await send(client, { topic: '/echo', payload: 'third' });
    const fourth = send(client, { topic: '/echo', payload: 'fourth' });
    await expect(fourth).rejects.toMatchObject({ code: 8 });
    streams[1]?.call.cancel();
  });

  it('sees that the deadline of a call has passed', async () => {
    const { app, connect } = await start();
    const client = connect();
    const call = client.Subscribe({ topic: '/echo' }, new Metadata(), { deadline: Date.now() + 500 });
    const peer = new Peer(call);
    const { tracking_id } = await peer.next();
    expect((await peer.ended).code).toBe(4);
    const resource = app.resources.find(tracking_id);
    while (resource?.state !== 'away') await new Promise((resolve) => setImmediate(resolve));
  });

  it('lets what is being handled finish when it stops, tells everybody, and waits for nobody', async () => {
    const { connect, stop } = await start();
    const client = connect();
    const peer = Peer.stream(client);
    await peer.join('/slow');
    peer.send({ type: 'MESSAGE', topic: '/slow', payload: 'under way' });
    // A stream whose client never closes anything.
    const raw = Peer.stream(client);
    await raw.join('/echo');
    const stopping = stop();
    expect((await peer.next()).payload).toBe('under way');
    expect(await peer.next()).toMatchObject({ type: 'ERROR', headers: { code: 'stopping', retry: 'true' } });
    expect([(await peer.ended).code, (await raw.ended).code]).toEqual([14, 14]);
    await stopping;
    expect(log.find('slow is gone')).toHaveLength(1);
  });
});
