import {
  App,
  Broadcaster,
  DeliverTo,
  Failure,
  ManagedService,
  Message,
  Ready,
  Request,
  Resource,
  type AppOptions,
} from '@ionosphere/core';
import { IsInt } from 'class-validator';
import { connect, RecordingLogger, TestClock } from './index';

class Bid {
  @IsInt()
  amount!: number;
}

@ManagedService('/auction')
class Auction {
  @Message()
  onBid(bid: Bid): Bid {
    return bid;
  }
}

@ManagedService('/echo')
class Echo {
  @Message()
  @DeliverTo('RESOURCE')
  onText(text: string): string {
    return text;
  }

  @Message()
  @DeliverTo('RESOURCE')
  onBytes(bytes: Buffer): Buffer {
    return bytes;
  }
}

@ManagedService('/who')
class Who {
  @Ready()
  onReady(request: Request): object {
    return { color: request.query.get('color'), token: request.header('x-token'), from: request.remoteAddress };
  }
}

@ManagedService('/slow')
class Slow {
  @Message()
  async onMessage(text: string, broadcaster: Broadcaster): Promise<string> {
    broadcaster.broadcast(`begin ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return `end ${text}`;
  }
}

@ManagedService('/guarded')
class Guarded {
  @Ready()
  onReady(resource: Resource): void {
    if (resource.request.query.get('ticket') !== 'yes') throw new Failure('forbidden', 'No ticket.');
  }
}

const services = [Auction, Echo, Who, Slow, Guarded];
const makeApp = (options: Partial<AppOptions> = {}): App => new App({ services, ...options });

describe('connect', () => {
  it('takes an app, or whatever has one', async () => {
    const app = makeApp();
    const [one, two] = [await connect(app, '/echo'), await connect({ app }, '/echo')];
    expect(app.resources.find(one.uuid)?.transport).toBe('memory');
    expect(app.resources.find(two.uuid)?.state).toBe('ready');
  });

  it('rejects with the failure when there is nothing at the path', async () => {
    await expect(connect(makeApp(), '/nowhere')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([false, true])('rejects with the failure of an interceptor (polling: %p)', async (polling) => {
    const refuse = { connect: () => Promise.reject(new Failure('unauthorized')) };
    const app = makeApp({ interceptors: [refuse] });
    await expect(connect(app, '/echo', { polling })).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('shows the service headers, query and address', async () => {
    const who = await connect(makeApp(), '/who?color=dark%20blue', {
      headers: { 'X-Token': 't' },
      query: { other: 'a&b' },
      remoteAddress: '10.0.0.1',
    });
    expect(who.messages).toHaveLength(1);
    expect(await who.receiveJson()).toEqual({ color: 'dark blue', token: 't', from: '10.0.0.1' });
  });

  it('connects, and is told, when @Ready refuses', async () => {
    const client = await connect(makeApp(), '/guarded');
    expect(await client.closed).toMatchObject({ code: 'forbidden', message: 'No ticket.' });
    expect(client.messages.map(String)).toEqual([expect.stringContaining('"forbidden"')]);
  });
});

describe.each([false, true])('A client in memory (polling: %p)', (polling) => {
  it('sends text as it is, objects as JSON, and has the answer when it was handled', async () => {
    const client = await connect(makeApp(), '/echo', { polling });
    expect(await client.send('a')).toBeUndefined();
    await client.send({ b: 1 });
    expect(client.messages).toEqual(['a', '{"b":1}']);
    expect([await client.receive(), await client.receiveJson()]).toEqual(['a', { b: 1 }]);
  });

  it('sends a copy of bytes', async () => {
    const client = await connect(makeApp(), '/echo', { polling });
    const bytes = Uint8Array.of(1, 2);
    const sent = client.send(bytes);
    bytes[0] = 9;
    await sent;
    const arrived = await client.receive();
    expect(Buffer.from(arrived as string, 'base64')).toEqual(Buffer.of(1, 2));
  });

  it('waits for a handler that takes its time, and for what it did', async () => {
    const client = await connect(makeApp(), '/slow', { polling });
    await client.send('a');
    expect(client.messages).toEqual(['begin a', 'end a']);
  });

  it('resolves with the failure of a message', async () => {
    const client = await connect(makeApp(), '/auction', { polling });
    const failure = await client.send({ amount: 'much' });
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code: 'invalid-message', details: [{ property: 'amount' }] });
    // As on the wire: over WebSocket a failure comes as a message, a POST is answered with it.
    expect(client.messages).toEqual(polling ? [] : [JSON.stringify(failure)]);
  });

  it('refuses what is larger than the limit', async () => {
    const client = await connect(makeApp({ limits: { maxMessageBytes: 4 } }), '/echo', { polling });
    expect(await client.send('ü€')).toMatchObject({ code: 'message-too-large' });
    expect(await client.send('four')).toBeUndefined();
  });

  it('says what did arrive when the next message does not', async () => {
    const client = await connect(makeApp(), '/echo', { polling, receiveMillis: 5 });
    await expect(client.receive()).rejects.toThrow('No further message within 5 ms. Nothing has arrived so far.');
    await client.send('first');
    await client.send('x'.repeat(200));
    await client.receive();
    await client.receive();
    await expect(client.receive()).rejects.toThrow(
      `No further message within 5 ms. Arrived so far (2; 2 read): "first", "${'x'.repeat(120)}" and 80 more`,
    );
    // Whoever gave up waiting takes nothing away from the next.
    await client.send('second');
    expect(await client.receive()).toBe('second');
  });

  it('says so when the next message is no JSON', async () => {
    const client = await connect(makeApp(), '/echo', { polling });
    await client.send('{');
    await expect(client.receiveJson()).rejects.toThrow('The next message is not JSON: "{"');
  });

  it('comes back under the same uuid, and gets what it missed', async () => {
    const app = makeApp();
    const client = await connect(app, '/echo', { polling });
    const { uuid } = client;
    await client.vanish();
    app.resources.find(uuid)?.send('missed');
    await client.reconnect();
    expect([client.uuid, client.messages]).toEqual([uuid, ['missed']]);
  });

  it('tells how the server ended the connection', async () => {
    const app = makeApp();
    const client = await connect(app, '/echo', { polling });
    app.resources.find(client.uuid)?.close(new Failure('overloaded'));
    expect(await client.closed).toMatchObject({ code: 'overloaded' });
    await expect(client.receive()).rejects.toThrow('The server has ended the connection: overloaded');
  });

  it('is a new client when it comes back after its end', async () => {
    const app = makeApp();
    const client = await connect(app, '/echo', { polling });
    const { uuid } = client;
    await client.close();
    await expect(client.send('a')).rejects.toThrow('not connected');
    await client.reconnect();
    expect(client.uuid).not.toBe(uuid);
    await client.send('a');
    expect(await client.receive()).toBe('a');
  });

  it('knows its uuid without the protocol, too', async () => {
    const app = makeApp();
    const client = await connect(app, '/echo', { polling, protocol: false });
    expect(app.resources.find(client.uuid)?.state).toBe('ready');
    expect(client.heartbeatMillis).toBeUndefined();
  });

  it('has its heartbeats counted', async () => {
    const clock = new TestClock();
    const client = await connect(makeApp({ clock, config: { heartbeatSeconds: 10 } }), '/echo', { polling });
    await clock.advance(35_000);
    expect([client.heartbeats, client.messages]).toEqual([3, []]);
  });
});

describe('RecordingLogger', () => {
  it('finds lines by message and fields', async () => {
    const logger = new RecordingLogger();
    const client = await connect(makeApp({ logger }), '/auction');
    await client.send('no JSON');
    const [line, ...more] = logger.lines;
    expect(logger.find(line?.message ?? '', { uuid: client.uuid, code: 'malformed-message' })).toEqual([line]);
    expect(logger.find(line?.message ?? '', { uuid: 'other' })).toEqual([]);
    expect(more).toEqual([]);
  });
});
