import { Broadcaster } from '../broadcaster/broadcaster';
import { ManagedService, Message, Named, PathParam, WebSocketHandlerService } from '../declaration/decorators';
import { Failure } from '../errors';
import { FakeConnection, requestFor, Scene, settled, thrownBy } from '../port.fixture';
import type { Resource } from '../resource/resource';
import { webSocketOf, type WebSocket } from './web-socket';
import type { WebSocketHandler } from './web-socket-handler';

let told: string[] = [];
beforeEach(() => (told = []));

const plain = { protocol: false };

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const pieces: T[] = [];
  const reader = stream.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value);
  return pieces;
}

@WebSocketHandlerService('/raw/{room}')
class Raw implements WebSocketHandler {
  @PathParam() readonly room!: string;

  onOpen(webSocket: WebSocket): void {
    told.push(`open ${this.room} ${String(webSocket.isOpen)}`);
    webSocket.write('welcome');
  }
  onTextMessage(webSocket: WebSocket, text: string): Promise<void> | undefined {
    if (text === 'boom') throw new TypeError('boom');
    if (text === 'late') return settled().then(() => Promise.reject(new Failure('forbidden')));
    webSocket.write(`text ${text}`);
  }
  onBinaryMessage(webSocket: WebSocket, bytes: Buffer): void {
    webSocket.write(bytes);
    told.push(`bytes ${String(Buffer.isBuffer(bytes))}`);
  }
  onClose(webSocket: WebSocket): void {
    told.push(`close ${String(webSocket.isOpen)}`);
  }
  onError(webSocket: WebSocket, failure: Failure): void {
    told.push(`error ${failure.code} ${String(webSocket.resource().state)}`);
  }
  onPing(_webSocket: WebSocket, data: Buffer): void {
    told.push(`ping ${data.toString()}`);
  }
  async onPong(_webSocket: WebSocket, data: Buffer): Promise<void> {
    told.push(`pong ${data.toString()}`);
    await settled();
    throw new Error('late');
  }
}

function connect(service: new () => object = Raw, path = '/raw/blue') {
  const scene = new Scene([service]);
  const client = scene.connect('socket', { ...plain, path });
  return { scene, client, resource: client.resource };
}

describe('A handler of raw WebSockets', () => {
  it('is told of the opening and the end, and has an instance for each path', () => {
    const { scene, client, resource } = connect();
    scene.connect('socket', { ...plain, path: '/raw/red' });
    resource.detach(client, 'left');
    expect([told, client.texts]).toEqual([['open blue true', 'open red true', 'close false'], ['welcome']]);
  });

  it('gets text as text and bytes as bytes, as they came', () => {
    const { scene, client, resource } = connect();
    expect(scene.answers(client, '{"not":"parsed"')).toEqual(['text {"not":"parsed"']);
    expect(resource.receive(new Uint8Array([1, 255]))).toBeUndefined();
    expect([client.writes.at(-1), told.at(-1)]).toEqual([[Buffer.from([1, 255])], 'bytes true']);
  });

  it('is told of what failed, at once or later; the sender is answered', async () => {
    const { scene, resource } = connect();
    expect(resource.receive('boom')).toMatchObject({ code: 'handler-failed' });
    expect(await resource.receive('late')).toMatchObject({ code: 'forbidden' });
    expect(told.slice(1)).toEqual(['error handler-failed ready', 'error forbidden ready']);
    expect(scene.logger.lines.find(({ level }) => level === 'error')).toMatchObject({ fields: { path: '/raw/blue' } });
  });

  it('is told of pings and pongs, with bytes of its own; what it throws then is reported too', async () => {
    const { resource } = connect();
    const memory = new Uint8Array(Buffer.from('data'));
    resource.endpoint.control('ping', resource, memory);
    resource.endpoint.control('pong', resource, memory);
    memory.fill(0);
    await settled();
    await settled();
    expect(told.slice(1)).toEqual(['ping data', 'pong data', 'error handler-failed ready']);
  });

  it('holds up the messages of a client whose last one it still handles', async () => {
    const order: string[] = [];
    @WebSocketHandlerService('/slow')
    class Slow implements WebSocketHandler {
      async onTextMessage(_webSocket: WebSocket, text: string): Promise<void> {
        order.push(`begin ${text}`);
        await settled();
        order.push(`end ${text}`);
      }
    }
    const { resource } = connect(Slow, '/slow');
    await Promise.all(['a', 'b'].map(async (text) => resource.receive(text)));
    expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b']);
  });

  it('answers by what it writes alone: what it returns goes nowhere', async () => {
    @WebSocketHandlerService('/returns')
    class Returns {
      onOpen(): string {
        return 'x';
      }
      async onTextMessage(): Promise<string> {
        return 'y';
      }
    }
    const { client, resource } = connect(Returns, '/returns');
    await resource.receive('hi');
    expect(client.texts).toEqual([]);
  });

  it('reads streams where it has methods for them', async () => {
    @WebSocketHandlerService('/streams')
    class Streams implements WebSocketHandler {
      async onTextStream(webSocket: WebSocket, stream: ReadableStream<string>): Promise<void> {
        webSocket.write((await all(stream)).join(''));
      }
      async onBinaryStream(webSocket: WebSocket, stream: ReadableStream<Uint8Array>): Promise<void> {
        webSocket.write(Buffer.concat(await all(stream)));
      }
    }
    const { client, resource } = connect(Streams, '/streams');
    await resource.receive('héllo');
    await resource.receive(new Uint8Array([1, 255]));
    expect(client.writes.flat()).toEqual(['héllo', Buffer.from([1, 255])]);
  });

  it('that has methods for one kind gets the other in that form', () => {
    @WebSocketHandlerService('/text')
    class Text {
      onTextMessage(webSocket: WebSocket, text: string): void {
        webSocket.write(`text ${text}`);
      }
    }
    @WebSocketHandlerService('/bytes')
    class Bytes {
      onBinaryMessage(webSocket: WebSocket, bytes: Buffer): void {
        webSocket.write(`bytes ${bytes.length}`);
      }
    }
    const text = connect(Text, '/text');
    expect(text.scene.answers(text.client, Buffer.from('hé'))).toEqual(['text hé']);
    expect(text.scene.answers(text.client, new Uint8Array([255]))).toEqual(['malformed-message']);
    const bytes = connect(Bytes, '/bytes');
    expect(bytes.scene.answers(bytes.client, 'hé')).toEqual(['bytes 3']);
  });

  it('that takes no messages refuses them', () => {
    @WebSocketHandlerService('/mute')
    class Mute {
      onOpen(): void {}
    }
    const { resource } = connect(Mute, '/mute');
    expect(resource.receive('x')).toMatchObject({ message: 'This service takes no messages.' });
  });

  it('is reached over no other transport', () => {
    const { app } = new Scene([Raw]);
    for (const style of ['stream', 'poll'] as const)
      expect(thrownBy(() => app.connect(requestFor(style, { path: '/raw/a' })))).toMatchObject({
        code: 'upgrade-required',
      });
  });
});

describe('A WebSocket', () => {
  it('is one object for a resource', () => {
    const { resource } = connect();
    expect(webSocketOf(resource)).toBe(webSocketOf(resource));
    expect([webSocketOf(resource).resource(), webSocketOf(resource).broadcaster]).toEqual([
      resource,
      resource.broadcaster,
    ]);
  });

  it('waits with what is written while the client is away', () => {
    const { scene, client, resource } = connect();
    resource.detach(client, 'lost');
    const webSocket = webSocketOf(resource);
    expect(webSocket.isOpen).toBe(false);
    webSocket.write({ a: 1 });
    expect(scene.again(client, plain).texts).toEqual(['{"a":1}', 'welcome']);
  });

  it.each([1000, 1001, 1003, 1008, 1011, 1014, 3000, 4999])('closes with %d', (code) => {
    const { client, resource } = connect();
    const closed: unknown[] = [];
    Object.assign(client, { closeWith: (...how: unknown[]) => void closed.push(how) });
    webSocketOf(resource).close(code, 'why');
    expect([closed, resource.state, told.at(-1)]).toEqual([[[code, 'why']], 'closed', 'close false']);
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN])(
    'refuses to close with %d',
    (code) => {
      const { resource } = connect();
      expect(() => webSocketOf(resource).close(code)).toThrow(
        `close code ${code} can't be sent: use 1000 to 1003, 1007 to 1014, or 3000 to 4999`,
      );
      expect(resource.state).toBe('ready');
    },
  );

  it('pings with up to 125 bytes', () => {
    const { client, resource } = connect();
    const pings: unknown[] = [];
    Object.assign(client, { sendPing: (data: unknown) => void pings.push(data) });
    const webSocket = webSocketOf(resource);
    webSocket.ping();
    webSocket.ping('é'.repeat(62));
    expect(pings).toEqual(['', 'é'.repeat(62)]);
    expect(() => webSocket.ping('é'.repeat(63))).toThrow("a ping of 126 bytes can't be sent; there is room for 125");
  });
});

describe('Broadcasts', () => {
  @ManagedService('/managed')
  class Managed {
    @Message() onMessage(text: string, @Named('/raw/blue') raw: Broadcaster): string {
      raw.broadcast(`managed says ${text}`);
      return text;
    }
  }
  @WebSocketHandlerService('/raw/{room}')
  class Sharing {
    onOpen(webSocket: WebSocket): void {
      told.push(webSocket.broadcaster.id);
    }
    onTextMessage(webSocket: WebSocket, text: string): void {
      webSocket.broadcast(`raw says ${text}`, { to: ({ uuid }) => uuid !== webSocket.resource().uuid });
    }
  }

  it('go between a handler and a managed service by the broadcaster of its path', () => {
    const scene = new Scene([Managed, Sharing]);
    const raw = scene.connect('socket', { ...plain, path: '/raw/blue' });
    const managed = scene.connect('stream', { ...plain, path: '/managed' });
    const elsewhere: FakeConnection = scene.connect('socket', { ...plain, path: '/raw/red' });
    const blue = scene.app.broadcasters.lookup('/raw/blue');
    const { resource }: { resource: Resource } = managed;
    resource.subscribe(blue);
    resource.receive('hi');
    raw.resource.receive('ho');
    scene.clock.turn();
    expect([raw.texts, managed.texts.join(''), elsewhere.texts]).toEqual([
      ['managed says hi'],
      '<managed says hi><hi><raw says ho>',
      [],
    ]);
  });
});
