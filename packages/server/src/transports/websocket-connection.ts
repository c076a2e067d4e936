import {
  Failure,
  isPromise,
  pongArrived,
  refuseMessage,
  type Connection,
  type Frame,
  type Payload,
  type Place,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import { MAX_KEY_LENGTH } from '@ionosphere/protocol';
import { tooLarge } from '../http/body';
import type { Relay } from '../relay';
import { violationOf } from './violations';
import type { WebSocket } from '../uws';

/** What the library keeps with each WebSocket. */
export interface UserData {
  readonly connection: SocketEvents;
}

/** What the library has of a WebSocket. */
export type NativeSocket = WebSocket<UserData>;

/** Who is told what happens to a WebSocket. */
export interface SocketEvents {
  open(socket: NativeSocket): void;
  message(data: ArrayBuffer, isBinary: boolean): void;
  control(kind: 'ping' | 'pong', data: ArrayBuffer): void;
  dropped(): void;
  drained(): void;
  closed(code: number, reason: ArrayBuffer): void;
}

/** Close codes with which a client leaves on purpose: normal, going away, and none given (RFC 6455, 7.4.1). */
const goodbyes = new Set([1000, 1001, 1005]);

/** The library has seen to it that text is UTF-8 (RFC 6455, 8.1). For short texts this takes half as long as a `Buffer`. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Code of an end without a close frame (RFC 6455, 7.4.1); no peer can send it. */
const ABNORMAL = 1006;

/** How much of a message has its key, whatever its form (PROTOCOL.md, "Requests"): two bytes more than the longest. */
const KEY_BYTES = MAX_KEY_LENGTH + 2;

/** What all WebSockets of a service have in common. */
export interface SocketTransport extends Transport {
  readonly compress: boolean;
  /** How much may wait for a peer before it leaves its native groups, in bytes. */
  readonly congestion: number;
  /** There when other threads may hold WebSockets for this one. */
  readonly relay: Relay | undefined;
}

/** One WebSocket. */
export class WebSocketConnection implements Connection, SocketEvents {
  #socket: WebSocket<UserData> | undefined;

  constructor(
    readonly transport: SocketTransport,
    readonly request: Request,
    readonly resource: Resource,
    /** What it leaves when it is over. */
    private readonly place: Place | undefined,
  ) {}

  open(socket: WebSocket<UserData>): void {
    this.#socket = socket;
    this.resource.attach(this);
  }

  write(frames: readonly Frame[]): WriteResult {
    const socket = this.#socket;
    if (!socket) return 'closed';
    const { compress } = this.transport;
    const first = frames[0];
    let sent: number;
    if (frames.length === 1 && first !== undefined) sent = socket.send(first, typeof first !== 'string', compress);
    else sent = sendTogether(socket, frames, compress);
    // 0: taken, but it waits in the server's memory until the peer reads. 2: the limit of that memory is reached.
    return sent === 1 ? 'ok' : sent === 0 ? 'full' : 'closed';
  }

  join(topic: string): void {
    this.#socket?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#socket?.unsubscribe(topic);
  }

  publish(topic: string, frame: Frame): void {
    const { compress, relay } = this.transport;
    this.#socket?.publish(topic, frame, typeof frame !== 'string', compress);
    relay?.publish({ topic, frame, compress }, this.#socket);
  }

  close(failure?: Failure): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (failure) socket?.end(failure.row.close, closeReason(failure.message + retryHint(failure)));
    else socket?.end(1000);
  }

  closeWith(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.end(code, closeReason(reason));
  }

  /** For clients that know no heartbeat: their applications don't see it. */
  ping(): void {
    this.#socket?.ping();
  }

  sendPing(data: string | Uint8Array): void {
    this.#socket?.ping(data);
  }

  congested(): boolean {
    return (this.#socket?.getBufferedAmount() ?? 0) > this.transport.congestion;
  }

  control(kind: 'ping' | 'pong', data: ArrayBuffer): void {
    if (kind === 'pong' && pongArrived(this.resource, new Uint8Array(data))) return;
    this.resource.endpoint.control(kind, this.resource, new Uint8Array(data));
  }

  message(data: ArrayBuffer, isBinary: boolean): void {
    const { messageLimits } = this.resource.endpoint.service;
    const limit = isBinary ? messageLimits.binary : messageLimits.text;
    if (data.byteLength > limit) return this.refuse(payloadOf(data.slice(0, KEY_BYTES), isBinary), tooLarge(limit));
    this.take(payloadOf(data, isBinary));
  }

  protected take(payload: Payload): void {
    const outcome = this.resource.receive(payload);
    // First, because what is imported from another package is looked up whenever it is used.
    if (outcome === undefined) return;
    if (isPromise(outcome))
      outcome.then(
        (failure) => failure && this.resource.send(failure),
        () => undefined,
      );
    else this.resource.send(outcome);
  }

  /** The library tells of every bit of progress: more is written only when all has left, or a slow reader would be flooded. */
  drained(): void {
    if (this.#socket) this.resource.drained(this, this.#socket.getBufferedAmount() === 0);
  }

  /** Messages were thrown away because the peer does not read. It is cut off, and told of the gap when it is back. */
  dropped(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    this.resource.recovery.tear();
    // The library must not be called from within this event.
    setImmediate(() => {
      this.resource.detach(this, 'overrun');
      socket.close();
    });
  }

  /** @param reason the peer's; the library's own when it ended the connection because of what the peer did. */
  closed(code: number, reason: ArrayBuffer): void {
    this.place?.leave();
    const cut = this.#socket !== undefined && code === ABNORMAL;
    this.#socket = undefined;
    this.resource.detach(this, goodbyes.has(code) ? 'left' : 'lost');
    const violation = cut ? violationOf(Buffer.from(reason).toString()) : undefined;
    if (violation) this.resource.refuse(violation);
  }

  /**
   * A message was not taken. A client that puts its messages into envelopes is told which, and goes on. For any other the
   * connection ends with the failure's close code (RFC 6455, 7.4.1); the resource may come back.
   */
  private refuse(beginning: Payload, failure: Failure): void {
    const told = refuseMessage(this.resource, beginning, failure);
    if (!told) return;
    // Who speaks to a raw WebSocket reads no words of the framework.
    if (!this.resource.endpoint.service.control) this.resource.send(told);
    this.close(told);
  }
}

/** The memory belongs to the library and is reused when its call returns: both ways copy it. */
function payloadOf(data: ArrayBuffer, isBinary: boolean): Payload {
  return isBinary ? Buffer.copyBytesFrom(new Uint8Array(data)) : utf8.decode(data);
}

/** Sends several frames in one packet, where they fit; gives what became of the last. */
function sendTogether(socket: WebSocket<UserData>, frames: readonly Frame[], compress: boolean): number {
  let sent = 1;
  socket.cork(() => frames.forEach((frame) => (sent = socket.send(frame, typeof frame !== 'string', compress))));
  return sent;
}

/** What a client can read off the reason of a close (PROTOCOL.md, "Shutdown"). */
function retryHint({ retryAfterSeconds }: Failure): string {
  return retryAfterSeconds === undefined ? '' : ` retry-after=${retryAfterSeconds.toFixed(3)}`;
}

/** A close frame has room for 123 bytes of reason (RFC 6455, 5.5). */
function closeReason(text: string): string {
  let reason = text.slice(0, 123);
  while (Buffer.byteLength(reason) > 123) reason = reason.slice(0, -1);
  return reason;
}
