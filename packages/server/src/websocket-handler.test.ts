import { once } from 'node:events';
import {
  Broadcaster,
  ManagedService,
  Message,
  Named,
  WebSocketHandlerService,
  type Failure,
  type WebSocket,
  type WebSocketHandler,
} from '@ionosphere/core';
import { RecordingLogger } from '@ionosphere/testing';
import { WebSocket as Client } from 'ws';
import { requestOnce } from './raw-http.fixture';
import { serve, type Server } from './serve';

/** What handlers were told, in order; `until` waits for a line. */
class Told {
  readonly lines: string[] = [];
  #wake: () => void = () => undefined;

  add(line: string): void {
    this.lines.push(line);
    this.#wake();
  }

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
let told = new Told();

@WebSocketHandlerService({ path: '/raw/{room}', config: { compression: true }, limits: { maxMessageBytes: 100_000 } })
class Raw implements WebSocketHandler {
  onOpen(webSocket: WebSocket): void {
    told.add('open');
    if (webSocket.resource().request.query.has('ping')) webSocket.ping('are you there');
  }
  onTextMessage(webSocket: WebSocket, text: string): void {
    if (text === 'boom') throw new TypeError('boom');
    if (text.startsWith('close ')) return webSocket.close(Number(text.slice(6)), 'as you wish');
    if (text.startsWith('all ')) return void webSocket.broadcast(text.slice(4));
    webSocket.write(text);
  }
  onBinaryMessage(webSocket: WebSocket, bytes: Buffer): void {
    webSocket.write(bytes);
  }
  onClose(): void {
    told.add('close');
  }
  onError(_webSocket: WebSocket, failure: Failure): void {
    told.add(`error ${failure.code}`);
  }
  onPing(_webSocket: WebSocket, data: Buffer): void {
    told.add(`ping ${data.toString()}`);
  }
  onPong(_webSocket: WebSocket, data: Buffer): void {
    told.add(`pong ${data.toString()}`);
  }
}

@WebSocketHandlerService('/streams')
class Streams implements WebSocketHandler {
  async onTextStream(webSocket: WebSocket, stream: ReadableStream<string>): Promise<void> {
    let length = 0;
    for await (const piece of stream) length += piece.length;
    webSocket.write(`text of ${length}`);
  }
  async onBinaryStream(webSocket: WebSocket, stream: ReadableStream<Uint8Array>): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) pieces.push(piece);
    webSocket.write(Buffer.concat(pieces));
  }
}

@ManagedService('/managed')
class Managed {
  @Message() onMessage(text: string, @Named('/raw/blue') raw: Broadcaster): void {
    raw.broadcast(`managed says ${text}`);
  }
}

describe('A handler of raw WebSockets', () => {
  let server: Server;
  const logger = new RecordingLogger();
  const clients: Client[] = [];

  /** Connects, and keeps what comes. */
  async function connect(path: string): Promise<{ socket: Client; next: () => Promise<string | Buffer> }> {
    const socket = new Client(`ws://127.0.0.1:${server.port}${path}`);
    clients.push(socket);
    const messages: (string | Buffer)[] = [];
    let wake = (): void => undefined;
    socket.on('message', (data: Buffer, binary) => {
      messages.push(binary ? data : data.toString());
      wake();
    });
    await once(socket, 'open');
    const next = async (): Promise<string | Buffer> => {
      while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return messages.shift() ?? '';
    };
    return { socket, next };
  }

  beforeAll(async () => {
    const services = [Raw, Streams, Managed];
    server = await serve({ port: 0, host: '127.0.0.1', services, logger, signals: [] });
  });
  beforeEach(() => (told = new Told()));
  afterEach(() => clients.splice(0).forEach((client) => client.terminate()));
  afterAll(() => server.stop());

  it('gets text and bytes as they came, and sends them so', async () => {
    const { socket, next } = await connect('/raw/blue');
    socket.send('héllo\r\n|{');
    expect(await next()).toBe('héllo\r\n|{');
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    socket.send(bytes);
    expect(await next()).toEqual(bytes);
    expect(told.lines).toEqual(['open']);
  });

  it('reads streams', async () => {
    const { socket, next } = await connect('/streams');
    socket.send('x'.repeat(70_000));
    socket.send(Buffer.from([1, 255]));
    expect([await next(), await next()]).toEqual(['text of 70000', Buffer.from([1, 255])]);
  });

  it.each([1000, 1008, 3000, 4321])('closes with the code %d and a reason', async (code) => {
    const { socket } = await connect('/raw/blue');
    socket.send(`close ${code}`);
    const [closed, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([closed, reason.toString()]).toEqual([code, 'as you wish']);
    expect(told.lines).toEqual(['open', 'close']);
  });

  it('is told of the end once, when the client leaves', async () => {
    const { socket } = await connect('/raw/blue');
    socket.close(1000);
    await once(socket, 'close');
    await told.until('close');
    expect(told.lines).toEqual(['open', 'close']);
  });

  it('is told of pings, which are answered, and of the answers to its own', async () => {
    const { socket } = await connect('/raw/blue?ping');
    await told.until('pong are you there');
    const answered = once(socket, 'pong') as Promise<[Buffer]>;
    socket.ping('and you');
    expect((await answered)[0].toString()).toBe('and you');
    await told.until('ping and you');
  });

  it('is told of what failed, and so is the client; the connection stays', async () => {
    const { socket, next } = await connect('/raw/blue');
    socket.send('boom');
    expect(JSON.parse(String(await next())).error.code).toBe('handler-failed');
    socket.send('still here');
    expect(await next()).toBe('still here');
    expect(told.lines).toEqual(['open', 'error handler-failed']);
  });

  it('is told of a message that is too large, which ends the connection with 1009 and not a word', async () => {
    const { socket } = await connect('/raw/blue');
    const heard: unknown[] = [];
    socket.on('message', (data) => heard.push(data));
    socket.send('x'.repeat(100_001));
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, reason.toString(), heard]).toEqual([1009, 'The message is larger than 100000 bytes.', []]);
    expect(told.lines).toEqual(['open', 'error message-too-large']);
  });

  it('shares the broadcaster of its path with managed services and the application', async () => {
    const [one, two, other] = [await connect('/raw/blue'), await connect('/raw/blue'), await connect('/raw/red')];
    const managed = await connect('/managed');
    one.socket.send('all hi');
    expect([await one.next(), await two.next()]).toEqual(['hi', 'hi']);
    managed.socket.send('ho');
    expect([await one.next(), await two.next()]).toEqual(['managed says ho', 'managed says ho']);
    server.app.broadcasters.lookup('/raw/blue').broadcast(Buffer.from([7]));
    expect([await one.next(), await two.next()]).toEqual([Buffer.from([7]), Buffer.from([7])]);
    other.socket.send('nothing before this');
    expect(await other.next()).toBe('nothing before this');
  });

  it('compresses where its service says so and the client offers it', async () => {
    const [own, other] = [await connect('/raw/blue'), await connect('/streams')];
    expect([own.socket.extensions, other.socket.extensions]).toEqual([
      expect.stringContaining('permessage-deflate'),
      '',
    ]);
  });

  it.each([
    ['GET', '?X-Atmosphere-Transport=sse'],
    ['GET', '?X-Atmosphere-Transport=long-polling'],
    ['GET', '?X-Atmosphere-Transport=websocket'],
    ['GET', ''],
    ['POST', ''],
    ['PUT', ''],
  ])('is reached over nothing else: %s %s', async (method, query) => {
    const response = await requestOnce(
      server.port,
      `${method} /raw/blue${query}`,
      { Accept: 'text/event-stream' },
      method === 'POST' ? 'hi' : '',
    );
    expect([response.status, JSON.parse(response.body).error.code, response.headers.get('upgrade')]).toEqual([
      426,
      'upgrade-required',
      ['websocket'],
    ]);
    expect(told.lines).toEqual([]);
  });
});

describe('The limit of a message', () => {
  @ManagedService({ path: '/items/{id: [0-9]+}', limits: { maxMessageBytes: 10 } })
  class Numbered {
    @Message() onMessage(text: string): string {
      return text;
    }
  }
  @ManagedService({ path: '/items/{name}', limits: { maxMessageBytes: 1_000 } })
  class ByName {
    @Message() onMessage(text: string): string {
      return text;
    }
  }
  @ManagedService({ path: '/items/*', limits: { maxMessageBytes: 100 } })
  class Rest {
    @Message() onMessage(text: string): string {
      return text;
    }
  }

  it.each([
    ['/items/7', 10],
    ['/items/x', 1_000],
    ['/items/x/y', 100],
    ['/items/x/', 1_000],
    ['/items/%37', 10],
  ])('is that of the service at %s, %d, whatever pattern the library chose', async (path, limit) => {
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      services: [ByName, Numbered, Rest],
      logger: new RecordingLogger(),
      signals: [],
    });
    const client = new Client(`ws://127.0.0.1:${server.port}${path}`);
    try {
      await once(client, 'open');
      const answer = async (text: string): Promise<string> => {
        client.send(text);
        return String(((await once(client, 'message')) as [Buffer])[0]);
      };
      expect(await answer('x'.repeat(limit))).toBe('x'.repeat(limit));
      expect(JSON.parse(await answer('x'.repeat(limit + 1))).error.code).toBe('message-too-large');
    } finally {
      client.terminate();
      await server.stop();
    }
  });
});
