import {
  App,
  Failure,
  ManagedService,
  Message,
  WebSocketHandlerService,
  type ResourceEvent,
  type WebSocket,
  type WebSocketHandler,
} from '@ionosphere/core';
import { connect } from './client';
import { TestClock } from './test-clock';

let pings = 0;
let heard: string[] = [];
beforeEach(() => {
  pings = 0;
  heard = [];
});

@WebSocketHandlerService({ path: '/rtt', autoPing: { interval: 5, body: () => `body ${pings++}` } })
class Measured implements WebSocketHandler {
  onTextMessage(webSocket: WebSocket, text: string): void {
    webSocket.ping(text);
  }
  onPong(_webSocket: WebSocket, data: Buffer): void {
    heard.push(`pong ${data.toString()}`);
  }
  onRoundTrip(webSocket: WebSocket, millis: number): void {
    heard.push(`round trip ${millis}, ${webSocket.roundTripMillis}`);
  }
}

@ManagedService({
  path: '/managed',
  autoPing: { interval: 5 },
  frameStages: [
    ({ query }) => ({
      inbound: (message) => (message === 'secret' ? undefined : `${String(message)}<`),
      outbound: (message) => (query.has('deaf') ? undefined : message),
    }),
    () => ({
      inbound(message) {
        if (message === 'bad') throw new Failure('bad-request', 'Not on this wire.');
        return String(message).toLowerCase();
      },
      outbound(message) {
        if (String(message).startsWith('explode')) throw new RangeError('wire broke');
        return String(message).replace('hello', 'HELLO');
      },
    }),
  ],
  listeners: [{ onRoundTrip: ({ roundTripMillis }: ResourceEvent) => heard.push(`listener ${roundTripMillis}`) }],
})
class Managed {
  @Message()
  onText(text: string): string {
    return text;
  }
}

let clock: TestClock;
let app: App;
beforeEach(() => {
  clock = new TestClock();
  app = new App({ services: [Measured, Managed], clock });
});

describe('autoPing', () => {
  test('pings while there is a connection, and measures how long the answer takes', async () => {
    const client = await connect(app, '/rtt', { protocol: false, autoPong: false });
    await clock.advance(5100);
    expect(client.pings).toEqual(['body 0']);
    await clock.advance(40);
    await client.pong('body 0');
    expect(heard).toHaveLength(1);
    const [, millis, last] = /^round trip (\d+), (\d+)$/.exec(heard[0] ?? '') ?? [];
    expect(last).toBe(millis);
    expect(Number(millis)).toBeGreaterThanOrEqual(40);
    await client.pong('body 0');
    expect(heard.slice(1)).toEqual(['pong body 0']);
    await client.vanish();
    await clock.advance(10_000);
    expect(client.pings).toEqual(['body 0']);
    await client.reconnect();
    await clock.advance(5100);
    expect(client.pings).toHaveLength(2);
  });

  test('takes a pong for the answer to all pings before it, and to none of an older connection', async () => {
    const client = await connect(app, '/rtt', { protocol: false, autoPong: false });
    await clock.advance(10_200);
    expect(client.pings).toEqual(['body 0', 'body 1']);
    await client.pong('body 1');
    await client.pong('body 0');
    expect(heard).toEqual([expect.stringMatching(/^round trip \d+, \d+$/), 'pong body 0']);
    await clock.advance(5100);
    await client.vanish();
    await client.reconnect();
    await client.pong('body 2');
    expect(heard.at(-1)).toBe('pong body 2');
  });

  test('is answered by itself; a pong to the ping of a handler goes to the handler', async () => {
    const client = await connect(app, '/rtt', { protocol: false });
    await clock.advance(5100);
    await client.send('by hand');
    expect(client.pings).toEqual(['body 0', 'by hand']);
    expect(heard).toEqual(['round trip 0, 0', 'pong by hand']);
  });

  test('measures clients of managed services, and leaves those that poll alone', async () => {
    const client = await connect(app, '/managed', { protocol: false });
    const poller = await connect(app, '/managed', { polling: true });
    await clock.advance(5100);
    expect(heard).toEqual(['listener 0']);
    expect([client.pings, poller.pings]).toEqual([['ping 0'], []]);
  });

  test('refuses a body that no ping can carry, and goes on', async () => {
    const large = new App({ services: [WithBody], clock });
    const client = await connect(large, '/large', { protocol: false });
    await clock.advance(5100);
    expect(client.pings).toEqual([]);
    expect(heard).toEqual(['handler-failed autoPing.body gave 126 bytes; a ping carries 1 to 125']);
    await clock.advance(5100);
    expect(client.pings).toEqual(['fits']);
  });
});

let bodies = 0;

@WebSocketHandlerService({
  path: '/large',
  autoPing: { interval: 5, body: () => (bodies++ ? 'fits' : 'x'.repeat(126)) },
})
class WithBody implements WebSocketHandler {
  onOpen(): void {
    bodies = 0;
  }
  onError(_webSocket: WebSocket, { code, cause }: Failure): void {
    heard.push(`${code} ${(cause as Error).message}`);
  }
}

describe('frameStages', () => {
  test('see, change and drop messages both ways, the last stage next to the wire', async () => {
    const [one, deaf] = [
      await connect(app, '/managed', { protocol: false }),
      await connect(app, '/managed', { protocol: false, query: { deaf: '1' } }),
    ];
    expect(await one.send('Secret')).toBeUndefined();
    expect(await one.send('Hello')).toBeUndefined();
    expect(one.messages).toEqual(['HELLO<']);
    expect(deaf.messages).toEqual([]);
  });

  test('that throw about what comes refuse it, and about what goes out end the connection', async () => {
    const one = await connect(app, '/managed', { protocol: false });
    expect(await one.send('bad')).toMatchObject({ code: 'bad-request' });
    expect(one.messages).toEqual([expect.stringContaining('"bad-request"')]);
    await one.send('explode');
    expect(await one.closed).toMatchObject({ code: 'handler-failed' });
  });

  test('are for WebSockets: who polls has none', async () => {
    const poller = await connect(app, '/managed', { polling: true });
    await poller.send('hello');
    expect(await poller.receive()).toBe('hello');
  });
});
