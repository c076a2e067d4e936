import { once } from 'node:events';
import { connect } from 'node:http2';
import { App, DeliverTo, ManagedService, Message } from '@ionosphere/core';
import { GrpcServer } from './index';
import { encodeMessage } from './message';
import { Peer } from './peer.fixture';
import { stub, type AnyClient } from './suite-client.fixture';
import { envelope } from './web-codec';

@ManagedService('/room')
class Room {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

/** Has little patience. */
@ManagedService({ path: '/brief', config: { slowClientSeconds: 0.3 } })
class Brief {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

@ManagedService('/echo')
class Echo {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string): string {
    return text;
  }
}

describe('A client that does not read', () => {
  let app: App;
  let server: GrpcServer;
  let client: AnyClient;
  let other: AnyClient;

  beforeAll(async () => {
    app = new App({ services: [Room, Brief, Echo], config: { logMessages: 20 } });
    server = await GrpcServer.start(app, { port: 0, host: '127.0.0.1' });
    client = stub(`127.0.0.1:${server.port}`);
    // Streams of one connection share its flow control.
    other = stub(`localhost:${server.port}`);
  });

  afterAll(async () => {
    client.close();
    other.close();
    server.drain();
    await app.stop();
    await server.close();
  });

  it('is told of the gap when the log no longer has what it missed, and nobody else waits for it', async () => {
    const [slow, quick] = [Peer.stream(client), Peer.stream(other)];
    await slow.join('/room');
    await quick.join('/room');
    slow.call.pause();
    const room = app.broadcasters.lookup('/room');
    // More than the two ends keep for a reader that does not read, and more than the log keeps.
    for (let index = 0; index < 300; index++) {
      const text = `${index} ${'x'.repeat(20_000)}`;
      room.broadcast(text);
      expect((await quick.next()).payload === text).toBe(true);
    }
    slow.call.resume();
    const numbers: number[] = [];
    let gap = false;
    for (let last = -1; last < 299;) {
      const { type, headers, payload } = await slow.next();
      if (type === 'MESSAGE') numbers.push((last = Number.parseInt(payload)));
      else gap ||= type === 'HEARTBEAT' && headers['gap'] === 'true';
    }
    expect(gap).toBe(true);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers.slice(-20)).toEqual(Array.from({ length: 20 }, (_, index) => 280 + index));
    slow.call.cancel();
    quick.call.cancel();
  });

  it('is cut off after a while, although it does not even read that, and may come back', async () => {
    const slow = Peer.stream(client);
    const { tracking_id } = await slow.join('/brief');
    slow.call.pause();
    const resource = app.resources.find(tracking_id);
    const brief = app.broadcasters.lookup('/brief');
    while (resource?.state === 'ready') {
      brief.broadcast('x'.repeat(20_000));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    slow.call.resume();
    expect((await slow.ended).code).toBe(8);
    const back = Peer.stream(other);
    expect((await back.join('/brief', { tracking_id })).tracking_id).toBe(tracking_id);
    back.call.cancel();
  });

  it('is not waited for: its stream is reset, and what it has not read is thrown away', async () => {
    const session = connect(`http://127.0.0.1:${server.port}`);
    const path = '/org.atmosphere.grpc.AtmosphereService/Subscribe';
    const request = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    request.end(envelope(0, encodeMessage({ topic: '/brief' })));
    request.on('error', () => undefined);
    await once(request, 'response');
    const brief = app.broadcasters.lookup('/brief');
    let over = false;
    request.on('close', () => (over = true));
    while (!over) {
      brief.broadcast('x'.repeat(20_000));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(request.rstCode).toBe(11);
    session.destroy();
  });

  it('gets all that it missed when it reads again, in order', async () => {
    const peer = Peer.stream(client);
    const { tracking_id } = await peer.join('/echo');
    peer.call.pause();
    const resource = app.resources.find(tracking_id);
    const texts = Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(20_000)}`);
    for (const text of texts.slice(0, 30)) {
      resource?.send(text);
      await new Promise((resolve) => setImmediate(resolve));
    }
    peer.call.resume();
    for (const text of texts.slice(30)) resource?.send(text);
    for (const text of texts) expect((await peer.next()).payload === text).toBe(true);
    peer.call.cancel();
  });
});
