import {
  Failure,
  isPromise,
  type App,
  type Connection,
  type Frame,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import { Exchange } from './exchange';
import { tooLarge } from './uplink';
import type { TemplatedApp, us_socket_context_t, WebSocket } from './uws';

interface UserData {
  readonly connection: WebSocketConnection;
}

/** Close codes with which a client leaves on purpose: normal, going away, and none given (RFC 6455, 7.4.1). */
const goodbyes = new Set([1000, 1001, 1005]);

/** How much more than a message may have is let through to the framework, to be refused there in words. */
const GRACE = 2;

/** One WebSocket. */
class WebSocketConnection implements Connection {
  #socket: WebSocket<UserData> | undefined;

  constructor(
    readonly transport: Transport,
    readonly request: Request,
    readonly resource: Resource,
  ) {}

  open(socket: WebSocket<UserData>): void {
    this.#socket = socket;
    this.resource.attach(this);
  }

  write(frames: readonly Frame[]): WriteResult {
    const socket = this.#socket;
    if (!socket) return 'closed';
    let sent = 1;
    const [first] = frames;
    if (frames.length === 1 && first !== undefined) sent = socket.send(first, typeof first !== 'string');
    else socket.cork(() => frames.forEach((frame) => (sent = socket.send(frame, typeof frame !== 'string'))));
    // 0: taken, but it waits in the server's memory until the peer reads. 2: the limit of that memory is reached.
    return sent === 1 ? 'ok' : sent === 0 ? 'full' : 'closed';
  }

  join(topic: string): void {
    this.#socket?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#socket?.unsubscribe(topic);
  }

  close(failure?: Failure): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (failure) socket?.end(failure.row.close, closeReason(failure.message));
    else socket?.end(1000);
  }

  message(data: ArrayBuffer, isBinary: boolean, limit: number): void {
    // The memory belongs to the library and is reused when this call returns: both ways copy it.
    const payload = isBinary ? Buffer.copyBytesFrom(new Uint8Array(data)) : Buffer.from(data).toString();
    const outcome = data.byteLength > limit ? this.resource.refuse(tooLarge(limit)) : this.resource.receive(payload);
    if (isPromise(outcome))
      outcome.then(
        (failure) => this.#answer(failure),
        () => undefined,
      );
    else if (outcome) this.#answer(outcome);
  }

  /** The library tells of every bit of progress: more is written only when all has left, or a slow reader would be flooded. */
  drained(): void {
    if (this.#socket?.getBufferedAmount() === 0) this.resource.drained(this);
  }

  /** Messages were thrown away because the peer does not read. It is cut off, and told of the gap when it is back. */
  dropped(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    // The library must not be called from within this event.
    setImmediate(() => {
      this.resource.detach(this, 'overrun');
      socket.close();
    });
  }

  closed(code: number): void {
    this.#socket = undefined;
    this.resource.detach(this, goodbyes.has(code) ? 'left' : 'lost');
  }

  #answer(failure: Failure | undefined): void {
    if (failure) this.resource.send(failure);
  }
}

/** A close frame has room for 123 bytes of reason (RFC 6455, 5.5). */
function closeReason(text: string): string {
  let reason = text.slice(0, 123);
  while (Buffer.byteLength(reason) > 123) reason = reason.slice(0, -1);
  return reason;
}

/** Options of the WebSocket transport. */
export interface WebSocketOptions {
  /** How much may wait in the server's memory for one slow reader, in bytes. */
  readonly maxBackpressureBytes: number;
  /** How long a connection may be silent, its answers to the server's pings included, in seconds: 0, or 8 to 960. */
  readonly idleSeconds: number;
}

/**
 * Serves WebSocket on a uWS app. `admit` decides on the handshake: it answers a refusal itself, or gives a resource to
 * `upgrade`.
 */
export function serveWebSocket(
  native: TemplatedApp,
  app: App,
  options: WebSocketOptions,
  admit: (exchange: Exchange, upgrade: (request: Request, resource: Resource) => void) => void,
): void {
  const limit = app.config.maxMessageBytes;
  const transport: Transport = {
    name: 'websocket',
    oneShot: false,
    wire: { name: 'websocket', binary: true, boundary: 'message' },
    publish: (topic, frame) => void native.publish(topic, frame, typeof frame !== 'string'),
  };
  native.ws<UserData>('/*', {
    maxPayloadLength: limit * GRACE,
    maxBackpressure: options.maxBackpressureBytes,
    closeOnBackpressureLimit: false,
    idleTimeout: options.idleSeconds,
    sendPingsAutomatically: true,
    upgrade: (res, req, context: us_socket_context_t) => {
      const exchange = new Exchange(res, req);
      admit(exchange, (request, resource) =>
        exchange.upgrade({ connection: new WebSocketConnection(transport, request, resource) }, context),
      );
    },
    open: (socket) => socket.getUserData().connection.open(socket),
    message: (socket, data, isBinary) => socket.getUserData().connection.message(data, isBinary, limit),
    dropped: (socket) => socket.getUserData().connection.dropped(),
    drain: (socket) => socket.getUserData().connection.drained(),
    close: (socket, code) => socket.getUserData().connection.closed(code),
  });
}
