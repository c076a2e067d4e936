import type { RawData, WebSocket as Socket } from 'ws';
import { ClientError } from './errors';
import { Messages } from './messages';
import { WebSocket } from './ws';

/** How to connect to any WebSocket server. */
export interface RawSocketOptions {
  /** Sub-protocols to offer, the dearest first. Default: none. */
  readonly protocols?: readonly string[];
  /** Headers of the handshake. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the handshake may take, in seconds. Default 10. */
  readonly connectSeconds?: number;
  /** How large a message may be, in bytes, however many frames it has; a larger one ends the connection with 1009. Default 1 MiB. */
  readonly maxMessageBytes?: number;
  /** Whether pings are answered by themselves. Default true. */
  readonly autoPong?: boolean;
  /** Makes the four bytes that a frame is masked with (RFC 6455, 5.3), in place. Default: random ones. */
  readonly mask?: (bytes: Uint8Array) => void;
}

/** How a connection ended. */
export interface RawSocketEnd {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket to any server. Messages are read with `for await`, whole, whatever frames they came in. */
export interface RawSocket extends AsyncIterable<string | Uint8Array> {
  /** The sub-protocol that the server chose; empty for none. */
  readonly protocol: string;
  readonly closed: Promise<RawSocketEnd>;
  /** Resolves when the message has left. Rejects when there is no connection any more. */
  send(message: string | Uint8Array, options?: { readonly lastFrame?: boolean }): Promise<void>;
  /** Resolves with the time to the peer and back, in milliseconds, when its pong is there. */
  ping(body?: string | Uint8Array): Promise<number>;
  pong(body?: string | Uint8Array): void;
  onPing(listener: (body: Uint8Array) => void): void;
  /** Ends the connection (RFC 6455, 7). Resolves when it has ended. */
  close(code?: number, reason?: string): Promise<RawSocketEnd>;
}

/** Connects to any WebSocket server. Rejects with a `ClientError` that says why there is no connection. */
export async function openSocket(url: string | URL, options: RawSocketOptions = {}): Promise<RawSocket> {
  const { connectSeconds = 10, maxMessageBytes = 1_048_576 } = options;
  for (const [name, value] of Object.entries({ connectSeconds, maxMessageBytes }))
    if (!(value > 0))
      throw new ClientError('bad-option', `openSocket: ${name} is ${value}; it must be a number above 0`);
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown): void =>
      reject(new ClientError('unreachable', `${String(url)}: ${(cause as Error).message}`, { cause }));
    let socket: Socket;
    try {
      // The types do not know `closeTimeout` yet.
      const forWs = {
        headers: options.headers,
        handshakeTimeout: connectSeconds * 1000,
        maxPayload: maxMessageBytes,
        autoPong: options.autoPong ?? true,
        closeTimeout: 2000,
        ...(options.mask && { generateMask: options.mask }),
      };
      socket = new WebSocket(url, [...(options.protocols ?? [])], forWs);
    } catch (cause) {
      return reject(new ClientError('bad-option', `openSocket: ${(cause as Error).message}`, { cause }));
    }
    socket.once('error', refuse);
    socket.once('open', () => {
      socket.off('error', refuse);
      resolve(new WsSocket(socket));
    });
  });
}

class WsSocket implements RawSocket {
  readonly closed: Promise<RawSocketEnd>;
  readonly #socket: Socket;
  readonly #readers = new Set<Messages<string | Uint8Array>>();
  /** What came before anybody read. */
  readonly #first = this.#reader();
  #taken = false;
  #pings = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    // A breach of the protocol, told before the close that follows from it.
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => {
      const message = isBinary ? bytesOf(data) : bytesOf(data).toString();
      for (const reader of [...this.#readers]) reader.push(message);
    });
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => {
        for (const reader of [...this.#readers]) reader.end();
        resolve({ code, reason: reason.toString() });
      }),
    );
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(message: string | Uint8Array, { lastFrame = true } = {}): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.send(message, { fin: lastFrame }, (error) => (error ? reject(lost(error)) : resolve())),
    );
  }

  ping(body: string | Uint8Array = `${++this.#pings}`): Promise<number> {
    const expected = Buffer.from(body);
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const onPong = (data: Buffer): void => {
        if (data.equals(expected)) done(() => resolve(performance.now() - begun));
      };
      const onClose = (): void => done(() => reject(lost(new Error('The connection has ended before the pong.'))));
      const done = (then: () => void): void => {
        this.#socket.off('pong', onPong).off('close', onClose);
        then();
      };
      this.#socket.on('pong', onPong).on('close', onClose);
      this.#socket.ping(expected, true, (error?: Error) => error && done(() => reject(lost(error))));
    });
  }

  pong(body: string | Uint8Array = ''): void {
    this.#socket.pong(body);
  }

  onPing(listener: (body: Uint8Array) => void): void {
    this.#socket.on('ping', listener);
  }

  close(code = 1000, reason = ''): Promise<RawSocketEnd> {
    this.#socket.close(code, reason);
    return this.closed;
  }

  [Symbol.asyncIterator](): Messages<string | Uint8Array> {
    if (!this.#taken) {
      this.#taken = true;
      return this.#first;
    }
    return this.#reader();
  }

  #reader(): Messages<string | Uint8Array> {
    const reader = new Messages<string | Uint8Array>((left) => this.#readers.delete(left));
    this.#readers.add(reader);
    return reader;
  }
}

function bytesOf(data: RawData): Buffer {
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
}

function lost(cause: Error): ClientError {
  return new ClientError('unreachable', cause.message, { cause });
}
