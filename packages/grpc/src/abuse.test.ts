import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { App, ManagedService, Message, type Interceptor } from '@ionosphere/core';
import { makePairs } from './certificates.fixture';
import { GrpcServer } from './index';
import { encodeMessage, MessageType } from './message';
import { Peer, send } from './peer.fixture';
import { stub, type AnyClient } from './suite-client.fixture';

/** Lets nobody in, and nobody go. */
const never: Interceptor = { connect: () => new Promise<never>(() => undefined) };

@ManagedService('/echo')
class Echo {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

@ManagedService({ path: '/hangs', interceptors: [never] })
class Hangs {}

@ManagedService('/slow')
class Slow {
  @Message()
  onMessage(): Promise<void> {
    return new Promise(() => undefined);
  }
}

const METHOD = '/org.atmosphere.grpc.AtmosphereService';

/** What HTTP/2 puts around a message. */
function framed(bytes: Uint8Array, flag = 0, length = bytes.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, bytes]);
}

describe('A server of gRPC that is attacked', () => {
  let app: App;
  let server: GrpcServer;
  let client: AnyClient;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    const config = { connectSeconds: 1 };
    const limits = { maxMessageBytes: 1000, upgradeSeconds: 0.2, bodySeconds: 0.2, maxPendingMessages: 50 };
    app = new App({ services: [Echo, Hangs, Slow], limits: { ...limits, handshakesPerSecond: 0 }, config });
    server = await GrpcServer.start(app, { port: 0, host: '127.0.0.1', maxStreamsPerConnection: 100 });
    client = stub(`127.0.0.1:${server.port}`);
  });

  beforeEach(() => {
    session = connect(`http://127.0.0.1:${server.port}`);
    session.on('error', () => undefined);
  });

  afterEach(async () => {
    session.destroy();
    expect((await send(client, { topic: '/echo', payload: 'alive' })).type).toBe('ACK');
  });

  afterAll(async () => {
    client.close();
    server.drain();
    await app.stop();
    await server.close();
  });

  function open(method: string, headers: Record<string, string> = {}): ClientHttp2Stream {
    const stream = session.request({
      ':method': 'POST',
      ':path': `${METHOD}/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('error', () => undefined);
    stream.resume();
    return stream;
  }

  /** Status of a call: of HTTP, where it is not 200, else of gRPC; with the code of the failure, if one was told. */
  async function ended(stream: ClientHttp2Stream): Promise<unknown[]> {
    const told: Record<string, unknown> = {};
    stream
      .on('response', (headers) => Object.assign(told, headers))
      .on('trailers', (more) => Object.assign(told, more));
    // The answer is whole before the request is, or both are over.
    await new Promise<void>((resolve) => stream.on('end', resolve).on('close', resolve));
    stream.close();
    const status = told[':status'] === 200 ? Number(told['grpc-status']) : told[':status'];
    const code = told['x-atmosphere-error'];
    return code === undefined ? [status] : [status, code];
  }

  const hello = encodeMessage({ type: MessageType.MESSAGE, topic: '/echo', payload: 'hello' });
  const bomb = gzipSync(Buffer.alloc(50_000_000));

  it.each<[string, Record<string, string>, Buffer, unknown[]]>([
    ['a bomb of gzip', { 'grpc-encoding': 'gzip' }, framed(bomb, 1), [8]],
    ['gzip that is none', { 'grpc-encoding': 'gzip' }, framed(hello, 1), [13]],
    ['an encoding that is none', { 'grpc-encoding': 'brotli-9' }, framed(hello, 1), [12]],
    ['a length of 4 GiB', {}, framed(hello, 0, 0xffff_ffff), [8]],
    ['half a prefix', {}, Buffer.of(0, 0), [12]],
    ['half a message', {}, framed(hello, 0, 100), [12]],
    ['two messages, where there is one', {}, Buffer.concat([framed(hello), framed(hello)]), [12]],
    ['no protobuf', {}, framed(Buffer.of(255, 255, 255, 255)), [3, 'malformed-message']],
    ['a field that is longer than the message', {}, framed(Buffer.of(18, 120, 1)), [3, 'malformed-message']],
    [
      'a tracking id of 15 000 letters',
      {},
      framed(encodeMessage({ trackingId: 'x'.repeat(15_000) })),
      [5, 'unknown-resource'],
    ],
    ['a type of another world', { 'content-type': 'text/html' }, framed(hello), [415]],
    ['a deadline that is none', { 'grpc-timeout': 'soon' }, framed(hello), [13]],
    ['far too much metadata', { 'x-much': 'x'.repeat(200_000) }, framed(hello), [undefined]],
    ['much metadata', { 'x-much': 'x'.repeat(15_000) }, framed(hello), [0]],
  ])('refuses %s, or bears it', async (_what, headers, bytes, status) => {
    const call = open('Send', headers);
    const end = ended(call);
    call.end(bytes);
    expect(await end).toEqual(status);
  });

  it('ends a call whose message never comes whole', async () => {
    for (const begin of [Buffer.alloc(0), framed(hello, 0, 500), framed(hello)]) {
      const call = open('Send');
      const end = ended(call);
      call.write(begin);
      expect(await end).toEqual([4, 'request-timeout']);
    }
  });

  it('does not wait for a decision that is never made', async () => {
    const subscribe = framed(encodeMessage({ topic: '/hangs' }));
    for (const method of ['Send', 'Subscribe', 'Stream']) {
      const call = open(method);
      const end = ended(call);
      if (method === 'Stream') call.write(subscribe);
      else call.end(subscribe);
      expect(await end).toEqual([4, 'decision-timeout']);
    }
  });

  it('answers so many messages at a time to topics that are not subscribed to, and no more', async () => {
    const peer = Peer.stream(client);
    for (let index = 0; index < 51; index++) peer.send({ type: 'MESSAGE', topic: '/slow', payload: 'x' });
    const { type, headers } = await peer.next();
    expect([type, headers['code']]).toEqual(['ERROR', 'overloaded']);
    peer.call.cancel();
    await peer.ended;
  });

  it('has so many streams on a connection, and no more', async () => {
    await once(session, 'remoteSettings');
    const calls = Array.from({ length: 101 }, () => open('Stream'));
    const last = calls.at(-1) as ClientHttp2Stream;
    // The client's library waits for room, as it should; when one ends, the next begins.
    for (const call of calls.slice(0, 100)) call.write(framed(encodeMessage({ topic: '/echo' })));
    while (app.resources.size < 100) await new Promise((resolve) => setImmediate(resolve));
    calls[0]?.close(constants.NGHTTP2_CANCEL);
    last.write(framed(encodeMessage({ topic: '/echo' })));
    await once(last, 'response');
    session.destroy();
    while ([...app.resources.all()].some(({ state }) => state === 'ready'))
      await new Promise((resolve) => setImmediate(resolve));
  });

  it('bears streams that are reset at once, and keeps nothing of them', async () => {
    for (let index = 0; index < 500 && !session.closed; index++) {
      const call = open('Stream');
      call.write(framed(encodeMessage({ topic: '/echo' })));
      await new Promise((resolve) => setImmediate(resolve));
      call.close(constants.NGHTTP2_CANCEL);
    }
    session.destroy();
    while ([...app.resources.all()].some(({ state }) => state === 'ready' || state === 'connecting'))
      await new Promise((resolve) => setImmediate(resolve));
    expect(app.counters.tallies.grpc.open).toBe(0);
  });

  it('serves others while many have begun a handshake of TLS and do not go on', async () => {
    const { pairs, remove } = await makePairs(1);
    const [pair] = pairs;
    const other = await GrpcServer.start(app, { port: 0, host: '127.0.0.1', ...(pair && { tls: pair.files }) });
    const half: Socket[] = [];
    for (let index = 0; index < 200; index++) {
      const socket = connectTcp(other.port, '127.0.0.1').on('error', () => undefined);
      half.push(socket.resume());
      await once(socket, 'connect');
      // The first bytes of a ClientHello (RFC 8446, 4.1.2), or nothing.
      if (index % 2 === 0) socket.write(Buffer.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3));
    }
    const secure = connectTls({ port: other.port, host: '127.0.0.1', ca: pair?.cert, ALPNProtocols: ['h2'] });
    await once(secure, 'secureConnect');
    expect(secure.alpnProtocol).toBe('h2');
    secure.destroy();
    await Promise.all(half.filter(({ closed }) => !closed).map((socket) => once(socket, 'close')));
    await other.close();
    remove();
  });

  it('bears what is no HTTP/2', async () => {
    const socket = connectTcp(server.port, '127.0.0.1').on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
  });
});
