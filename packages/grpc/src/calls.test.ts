import { App, DeliverTo, ManagedService, Message, Ready, WebSocketHandlerService, Resource } from '@ionosphere/core';
import { IsInt } from 'class-validator';
import { GrpcServer } from './index';
import { Peer, send } from './peer.fixture';
import { stub, type AnyClient } from './suite-client.fixture';

class Bid {
  @IsInt()
  amount!: number;
}

@ManagedService({ path: '/auction/{lot}' })
class Auction {
  @Message()
  onBid(bid: Bid): Bid {
    return bid;
  }
}

@ManagedService('/echo')
class Echo {
  @Ready()
  onReady(): string {
    return 'welcome';
  }

  @Message()
  @DeliverTo('RESOURCE')
  onText(text: string): string {
    if (text === 'throw') throw new Error('a secret of the server');
    return text;
  }

  @Message()
  @DeliverTo('RESOURCE')
  onBytes(bytes: Buffer): Buffer {
    return bytes;
  }
}

@ManagedService('/twice')
class Twice {
  @Message()
  onText(text: string, resource: Resource): void {
    resource.send(`${text} `);
    resource.send(text);
  }
}

@WebSocketHandlerService('/raw')
class Raw {
  onTextMessage(): void {}
}

describe('Subscribe and Send', () => {
  let app: App;
  let server: GrpcServer;
  let client: AnyClient;

  beforeAll(async () => {
    app = new App({ services: [Auction, Echo, Twice, Raw], limits: { maxMessageBytes: 1000 } });
    server = await GrpcServer.start(app, { port: 0, host: '127.0.0.1' });
    client = stub(`127.0.0.1:${server.port}`);
  });

  afterAll(async () => {
    client.close();
    server.drain();
    await app.stop();
    await server.close();
  });

  it('are one client: what is sent under the tracking id of the ACK arrives on the stream', async () => {
    // Its type says something else, and does not matter.
    const peer = Peer.subscribe(client, { type: 'MESSAGE', topic: '/echo' });
    const { type, topic, tracking_id } = await peer.next();
    expect([type, topic]).toEqual(['ACK', '/echo']);
    expect((await peer.next()).payload).toBe('welcome');
    const ack = await send(client, { type: 'SUBSCRIBE', topic: '/echo', payload: 'hello', tracking_id });
    expect(ack).toMatchObject({ type: 'ACK', topic: '/echo', tracking_id, payload: '' });
    expect(await peer.next()).toMatchObject({ type: 'MESSAGE', topic: '/echo', payload: 'hello' });
    // The id says where.
    await send(client, { binary_payload: Buffer.of(0, 255), tracking_id });
    expect((await peer.next()).binary_payload).toEqual(Buffer.of(0, 255));
    peer.call.cancel();
  });

  it('broadcast to all', async () => {
    const [one, two] = ['/auction/1', '/auction/1'].map((topic) => Peer.subscribe(client, { topic }));
    const { tracking_id } = await (one as Peer).next();
    await (two as Peer).next();
    await send(client, { topic: '/auction/1', payload: '{"amount":5}', tracking_id });
    for (const peer of [one, two] as Peer[]) {
      expect(await peer.next()).toMatchObject({ topic: '/auction/1', payload: '{"amount":5}' });
      peer.call.cancel();
    }
  });

  it('bring a sender without an id the answer in the ACK', async () => {
    expect(await send(client, { topic: '/echo', payload: 'hi' })).toMatchObject({
      type: 'ACK',
      topic: '/echo',
      payload: 'hi',
      tracking_id: '',
    });
    expect((await send(client, { topic: '/echo', binary_payload: Buffer.of(7) })).binary_payload).toEqual(Buffer.of(7));
    expect((await send(client, { topic: '/twice', payload: 'again' })).payload).toBe('again again');
  });

  it.each<[string, object, string, number, string]>([
    [
      'an unknown tracking id',
      { topic: '/echo', tracking_id: 'x' },
      'unknown-resource',
      5,
      'No channel found for tracking_id: x',
    ],
    [
      'an unknown tracking id alone',
      { tracking_id: 'x' },
      'unknown-resource',
      5,
      'No channel found for tracking_id: x',
    ],
    ['a topic where nothing is', { topic: '/nowhere' }, 'not-found', 5, 'There is nothing at this path.'],
    ['no topic', {}, 'bad-request', 3, 'The message names no topic; give the path of a service, such as /chat.'],
    ['no JSON', { topic: '/auction/1', payload: '{' }, 'malformed-message', 3, 'The message is not JSON'],
    ['what is not valid', { topic: '/auction/1', payload: '{"amount":1.5}' }, 'invalid-message', 3, 'Bid'],
    [
      'what is too large',
      { topic: '/echo', payload: 'ü'.repeat(501) },
      'message-too-large',
      8,
      'larger than 1000 bytes',
    ],
    ['a handler that throws', { topic: '/echo', payload: 'throw' }, 'handler-failed', 13, 'could not handle'],
    ['raw WebSockets', { topic: '/raw', payload: 'x' }, 'upgrade-required', 9, 'needs a WebSocket'],
  ])('refuse %s with a status, the code and the failure', async (_what, message, code, status, text) => {
    const error = await send(client, message).catch((thrown) => thrown);
    expect([error.code, error.metadata.get('x-atmosphere-error')]).toEqual([status, [code]]);
    expect(error.details).toContain(text.slice(0, 30));
    expect(JSON.parse(error.metadata.get('x-atmosphere-failure-bin')[0]).error.code).toBe(code);
  });

  it('end a subscription that is refused with its status', async () => {
    const peer = Peer.subscribe(client, { topic: '/nowhere' });
    await expect(peer.next()).rejects.toMatchObject({ code: 5 });
    await expect(Peer.subscribe(client, { topic: '/raw' }).next()).rejects.toMatchObject({ code: 9 });
  });

  it('refuse bytes that are no message, and live', async () => {
    const raw = new Promise((_resolve, reject) => {
      client.makeUnaryRequest(
        '/org.atmosphere.grpc.AtmosphereService/Send',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from('no message'),
        reject,
      );
    });
    await expect(raw).rejects.toMatchObject({ code: 3, details: 'The bytes are no AtmosphereMessage.' });
    expect((await send(client, { topic: '/echo', payload: 'alive' })).payload).toBe('alive');
  });

  it('refuse, unread, a message that is far too large', async () => {
    const payload = 'x'.repeat(100_000);
    await expect(send(client, { topic: '/echo', payload })).rejects.toMatchObject({ code: 8 });
    const peer = Peer.stream(client);
    await peer.join('/echo');
    await peer.next();
    peer.send({ type: 'MESSAGE', topic: '/echo', payload });
    expect((await peer.ended).code).toBe(8);
    expect((await send(client, { topic: '/echo', payload: 'alive' })).payload).toBe('alive');
  });
});
