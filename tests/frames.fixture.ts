import { connect as connectPlainly, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { Journal } from './journal.fixture';

/** Opcodes (RFC 6455, 5.2). */
export const op = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** How a frame may differ from an honest one. */
export interface FrameShape {
  /** Whether it is the last of its message. Default: yes. */
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. Default 0. */
  readonly reserved?: number;
  /** Length that the header claims. Default: the payload's. */
  readonly claims?: number;
}

/** The bytes of one masked frame (RFC 6455, 5.2). */
export function frame(opcode: number, payload: string | Uint8Array = '', shape: FrameShape = {}): Buffer {
  const { fin = true, reserved = 0 } = shape;
  const body = Buffer.from(payload);
  const length = shape.claims ?? body.length;
  const size = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.alloc(size + 4 + body.length);
  bytes[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  bytes[1] = 0x80 | (size === 2 ? length : size === 4 ? 126 : 127);
  if (size === 4) bytes.writeUInt16BE(length, 2);
  if (size === 10) bytes.writeBigUInt64BE(BigInt(length), 2);
  const mask = [0x37, 0xfa, 0x21, 0x3d];
  bytes.set(mask, size);
  body.forEach((byte, index) => (bytes[size + 4 + index] = byte ^ (mask[index % 4] ?? 0)));
  return bytes;
}

/** A close frame. */
export function closing(code: number, reason: string | Uint8Array = ''): Buffer {
  const body = Buffer.alloc(2);
  body.writeUInt16BE(code);
  return frame(op.close, Buffer.concat([body, Buffer.from(reason)]));
}

/** One frame of the server. */
export interface Received {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** How a connection ended: code of the close frame; 1005 when it had none, 1006 without a frame (RFC 6455, 7.4.1). */
export type EndCode = number;

/** A WebSocket whose bytes the test writes itself. */
export class FrameSocket {
  readonly frames = new Journal<Received>();
  readonly ended = new Journal<EndCode>();
  /** Header of the answer to the handshake. */
  head = '';
  readonly #socket: Socket;
  #rest = Buffer.alloc(0);
  #code: EndCode = 1006;

  private constructor(port: number, ca: string | undefined) {
    this.#socket =
      ca === undefined ? connectPlainly(port, '127.0.0.1') : connectSecurely({ port, host: '127.0.0.1', ca });
    this.#socket.on('data', (bytes) => this.#read(bytes));
    // A reset is an end like any other.
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => this.ended.push(this.#code));
  }

  /** @param headers further lines of the handshake, each with its line end */
  static async open(port: number, path: string, { ca, headers = '' }: { ca?: string; headers?: string } = {}) {
    const socket = new FrameSocket(port, ca);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`,
    );
    await socket.#opened();
    return socket;
  }

  write(bytes: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Resolves when all that was written has left for the network. */
  written(): Promise<void> {
    return new Promise((resolve) => this.#socket.write('', () => resolve()));
  }

  /** Texts of the data frames so far. */
  get texts(): string[] {
    return this.frames.entries.filter(({ opcode }) => opcode < op.close).map(({ payload }) => payload.toString());
  }

  /** Code with which the server ended the connection; the test fails if it does not. */
  async end(millis?: number): Promise<EndCode> {
    await this.ended.until((codes) => codes.length > 0, 'the end of the connection', millis);
    return this.#code;
  }

  /** Sends a text and waits for one more data frame. */
  async ask(text: string): Promise<string> {
    const { length } = this.texts;
    this.write(frame(op.text, text));
    await this.frames.until(() => this.texts.length > length, `an answer to ${text.slice(0, 20)}`);
    return this.texts[length] ?? '';
  }

  /** From now on nothing is read. */
  pause(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (this.head.startsWith('HTTP/1.1 101')) resolve();
        else if (this.head !== '') reject(new Error(this.head));
        else this.#socket.once('data', () => setImmediate(check));
      };
      this.#socket.once('close', () => reject(new Error('no answer to the handshake')));
      check();
    });
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (this.head === '') {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.#rest.subarray(0, end).toString();
      this.#rest = this.#rest.subarray(end + 4);
    }
    for (let next = this.#next(); next; next = this.#next()) {
      this.frames.push(next);
      if (next.opcode !== op.close) continue;
      this.#code = next.payload.length < 2 ? 1005 : next.payload.readUInt16BE(0);
      this.#socket.end();
    }
  }

  #next(): Received | undefined {
    const rest = this.#rest;
    if (rest.length < 2) return undefined;
    const short = (rest[1] ?? 0) & 0x7f;
    const size = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < size) return undefined;
    const length = size === 2 ? short : size === 4 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (rest.length < size + length) return undefined;
    this.#rest = rest.subarray(size + length);
    return { opcode: (rest[0] ?? 0) & 15, payload: Buffer.from(rest.subarray(size, size + length)) };
  }
}
