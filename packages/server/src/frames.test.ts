import { once } from 'node:events';
import {
  Failure,
  ManagedService,
  Message,
  WebSocketHandlerService,
  type HandshakeDecision,
  type Request,
  type ResourceEvent,
  type WebSocket,
  type WebSocketHandler,
} from '@ionosphere/core';
import { WebSocket as Client } from 'ws';
import { serve, type Server } from './serve';

let heard: string[] = [];
let wake: () => void = () => undefined;
function hear(line: string): void {
  heard.push(line);
  wake();
}
async function until(wanted: (lines: readonly string[]) => boolean): Promise<void> {
  while (!wanted(heard)) await new Promise<void>((resolve) => (wake = resolve));
}
beforeEach(() => (heard = []));

let pings = 0;

@WebSocketHandlerService({
  path: '/rtt',
  autoPing: { interval: 0.05, body: () => `body ${pings++}` },
  config: { delivery: 'at-least-once', proofSeconds: 0.1 },
})
class Measured implements WebSocketHandler {
  onTextMessage(webSocket: WebSocket, text: string): void {
    if (text === 'ping') webSocket.ping('by hand');
    else webSocket.write(text);
  }
  onPong(_webSocket: WebSocket, data: Buffer): void {
    hear(`pong ${data.toString()}`);
  }
  onRoundTrip(webSocket: WebSocket, millis: number): void {
    hear(`round trip ${millis >= 0} ${webSocket.roundTripMillis === millis}`);
  }
}

@ManagedService({
  path: '/managed',
  autoPing: { interval: 0.05 },
  listeners: [
    { onRoundTrip: ({ roundTripMillis }: ResourceEvent) => hear(`listener ${(roundTripMillis ?? -1) >= 0}`) },
  ],
})
class Managed {
  @Message()
  onText(text: string): string {
    return text;
  }
}

@WebSocketHandlerService('/picky')
class Picky implements WebSocketHandler {
  async onHandshake(request: Request): Promise<HandshakeDecision> {
    await new Promise((resolve) => setImmediate(resolve));
    switch (request.query.get('as')) {
      case 'stranger':
        return new Failure('unauthorized', 'Who are you?');
      case 'debtor':
        return { status: 402, headers: { 'X-Owes': '5' }, body: 'pay first' };
      case 'chooser':
        return { subProtocol: 'v2' };
      case 'broken':
        return { status: 200 };
      default:
        return undefined;
    }
  }
  onTextMessage(webSocket: WebSocket, text: string): void {
    webSocket.write(text);
  }
}

const passed: string[] = [];

@WebSocketHandlerService({
  path: '/staged',
  frameStages: [
    ({ query }) => ({
      inbound: (message) => (message === 'secret' ? undefined : `${String(message)}<`),
      outbound: (message) => (query.has('deaf') ? undefined : `${String(message)}>`),
    }),
    () => ({
      inbound: (message) => {
        if (message === 'bad') throw new Failure('bad-request', 'Not on this wire.');
        passed.push(String(message));
        return message;
      },
      outbound: (message) => {
        if (String(message).startsWith('explode')) throw new RangeError('wire broke');
        return String(message).toUpperCase();
      },
    }),
  ],
})
class Staged implements WebSocketHandler {
  onTextMessage(webSocket: WebSocket, text: string): void {
    if (text.startsWith('all')) webSocket.broadcast(text);
    else webSocket.write(text);
  }
}

describe('On a real WebSocket', () => {
  let server: Server;
  beforeAll(async () => (server = await serve({ port: 0, services: [Measured, Managed, Picky, Staged], signals: [] })));
  afterAll(() => server.stop({ deadlineSeconds: 1 }));

  const socket = (path: string, protocols: string[] = []) =>
    new Client(`${server.url.replace('http', 'ws')}${path}`, protocols);

  test('autoPing pings with the bodies of its generator, and tells each round trip once', async () => {
    const client = socket('/rtt');
    const bodies: string[] = [];
    client.on('ping', (data: Buffer) => bodies.push(data.toString()));
    await once(client, 'open');
    await until((lines) => lines.filter((line) => line === 'round trip true true').length >= 3);
    const own = bodies.filter((body) => body.startsWith('body '));
    expect(own.length).toBeGreaterThanOrEqual(3);
    expect(new Set(own).size).toBe(own.length);
    client.close();
  });

  test('pongs go to whom the ping was from: proof, autoPing or the handler; pongs that nobody asked for to the handler', async () => {
    const client = socket('/rtt');
    const bodies: string[] = [];
    client.on('ping', (data: Buffer) => bodies.push(data.toString()));
    await once(client, 'open');
    client.send('echo');
    client.pong('unasked');
    client.send('ping');
    await until((lines) => lines.includes('pong by hand') && lines.some((line) => line.startsWith('round')));
    while (!bodies.some((body) => body.startsWith('ionosphere:'))) await once(client, 'ping');
    client.pong('last');
    await until((lines) => lines.includes('pong last'));
    expect(heard.filter((line) => line.startsWith('pong'))).toEqual(['pong unasked', 'pong by hand', 'pong last']);
    client.close();
  });

  test('autoPing measures the WebSockets of managed services, and listeners are told', async () => {
    const client = socket('/managed');
    await until((lines) => lines.includes('listener true'));
    client.close();
  });

  test.each([
    ['stranger', 401, undefined],
    ['debtor', 402, '5'],
    ['broken', 500, undefined],
  ])('a handshake of a %s is refused with %i', async (who, status, owes) => {
    type Refused = [unknown, { statusCode: number; headers: Record<string, string> }];
    const [, response] = (await once(socket(`/picky?as=${who}`), 'unexpected-response')) as Refused;
    expect([response.statusCode, response.headers['x-owes']]).toEqual([status, owes]);
  });

  test('a handshake chooses one of the sub-protocols that are offered, and no other', async () => {
    const chosen = socket('/picky?as=chooser', ['v1', 'v2']);
    await once(chosen, 'open');
    expect(chosen.protocol).toBe('v2');
    const first = socket('/picky', ['v1', 'v2']);
    await once(first, 'open');
    expect(first.protocol).toBe('v1');
    const [, none] = (await once(socket('/picky?as=chooser', ['v1']), 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    expect(none.statusCode).toBe(500);
    chosen.close();
    first.close();
  });

  test('frameStages see, change and drop messages both ways, broadcasts included', async () => {
    const [one, deaf, other] = [socket('/staged'), socket('/staged?deaf=1'), socket('/staged')];
    await Promise.all([one, deaf, other].map((client) => once(client, 'open')));
    const got: string[] = [];
    for (const client of [one, deaf, other])
      client.on('message', (data: Buffer) =>
        got.push(`${client === one ? 'one' : client === deaf ? 'deaf' : 'other'} ${data.toString()}`),
      );
    const last = once(other, 'message');
    one.send('secret');
    one.send('hello');
    one.send('bad');
    one.send('all of you');
    await last;
    while (got.length < 4) await once(one, 'message');
    expect(passed).toEqual(['secret', 'hello', 'all of you']);
    expect(got.filter((line) => line.startsWith('deaf'))).toEqual([]);
    expect(got.filter((line) => line.startsWith('other'))).toEqual(['other ALL OF YOU<>']);
    expect(got.filter((line) => line.startsWith('one'))).toEqual([
      'one HELLO<>',
      expect.stringContaining('BAD-REQUEST'),
      'one ALL OF YOU<>',
    ]);
    const closed = once(other, 'close');
    other.send('explode');
    expect((await closed)[0]).toBe(1011);
    one.close();
    deaf.close();
  });

  test('a message in fragments is whole before a handler sees it', async () => {
    const client = socket('/picky');
    await once(client, 'open');
    client.send('one ', { fin: false });
    client.send('two ', { fin: false });
    client.ping();
    client.send('three', { fin: true });
    const [data] = (await once(client, 'message')) as [Buffer];
    expect(data.toString()).toBe('one two three');
    client.close();
  });
});

test('autoPing with an interval that is none is refused', () => {
  class Never implements WebSocketHandler {
    onOpen(): void {}
  }
  WebSocketHandlerService({ path: '/never', autoPing: { interval: 0 } })(Never);
  return expect(serve({ port: 0, services: [Never] })).rejects.toThrow('autoPing.interval is 0');
});
