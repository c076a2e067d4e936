import { failures, type FailureMessage } from '@ionosphere/protocol';
import type { Frame } from '@ionosphere/core';
import type { Step } from '../http/replay';
import type { NativeSocket, SocketEvents } from '../transports/websocket-connection';
import type { Link, Word } from './link';

/** How much a client may say before it was let in, in bytes. */
const EARLY_BYTES = 1024 * 1024;

/** In the holder of a connection: a WebSocket whose resource lives in another thread. */
export class HeldSocket implements SocketEvents {
  socket: NativeSocket | undefined;
  /** What was said before its home took it: there was nobody yet to hear it. */
  #early: Word[] | undefined = [];
  #earlyBytes = 0;

  constructor(
    private readonly link: Link,
    private readonly id: number,
    private readonly over: () => void,
  ) {}

  open(socket: NativeSocket): void {
    this.socket = socket;
  }

  /** Its home has taken it. */
  taken(): void {
    for (const word of this.#early ?? []) this.link.say(word);
    this.#early = undefined;
  }

  /** Its home has answered as it would answer a request that does not become a WebSocket. */
  refused(steps: readonly Step[]): void {
    const body = steps.find((step) => step[0] === 'end')?.[1];
    const { code, message } = failureIn(typeof body === 'string' ? body : '');
    this.socket?.end(failures[code].close, message.slice(0, 100));
  }

  message(data: ArrayBuffer, isBinary: boolean): void {
    // The memory belongs to the library and is reused when this call returns.
    this.#say(['message', this.id, data.slice(0), isBinary], data.byteLength);
  }

  control(kind: 'ping' | 'pong', data: ArrayBuffer): void {
    this.#say(['control', this.id, kind, data.slice(0)], data.byteLength);
  }

  dropped(): void {
    this.link.say(['dropped', this.id]);
  }

  drained(): void {
    const waiting = this.socket?.getBufferedAmount() ?? 0;
    if (waiting > 0) this.link.say(['full', this.id, waiting]);
    else this.link.say(['empty', this.id]);
  }

  closed(code: number, reason: ArrayBuffer): void {
    this.socket = undefined;
    this.over();
    this.link.say(['closed', this.id, code, reason.slice(0)]);
  }

  send(frame: Frame, compress: boolean): void {
    if (this.socket?.send(frame, typeof frame !== 'string', compress) === 0) this.tell();
  }

  ask(): void {
    if (this.socket?.getBufferedAmount() === 0) this.link.say(['empty', this.id]);
  }

  #say(word: Word, bytes: number): void {
    if (!this.#early) return this.link.say(word);
    this.#early.push(word);
    this.#earlyBytes += bytes;
    if (this.#earlyBytes > EARLY_BYTES) this.socket?.close();
  }

  /** Tells the home how much waits. */
  tell(): void {
    this.link.say(['full', this.id, this.socket?.getBufferedAmount() ?? 0]);
  }
}

function failureIn(body: string): Pick<FailureMessage['error'], 'code' | 'message'> {
  try {
    return (JSON.parse(body) as FailureMessage).error;
  } catch {
    return { code: 'handler-failed', message: failures['handler-failed'].text };
  }
}
