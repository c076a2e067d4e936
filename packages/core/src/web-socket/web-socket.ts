import { roundTripOf } from '../resource/auto-ping';
import type { Broadcaster, BroadcastOptions } from '../broadcaster/broadcaster';
import type { Delivery } from '../broadcaster/delivery';
import type { Resource } from '../resource/resource';

/** The WebSocket of a resource, as a `@WebSocketHandlerService` sees it. */
export class WebSocket {
  readonly #resource: Resource;

  /** @internal Use `webSocketOf`. */
  constructor(resource: Resource) {
    this.#resource = resource;
  }

  resource(): Resource {
    return this.#resource;
  }

  get broadcaster(): Broadcaster {
    return this.#resource.broadcaster;
  }

  /** Whether frames can be written now; while the resource is away they wait. */
  get isOpen(): boolean {
    return this.#resource.state === 'ready';
  }

  /** How long the last ping of `autoPing` and its answer were under way, in milliseconds; undefined when none was answered. */
  get roundTripMillis(): number | undefined {
    return roundTripOf(this.#resource);
  }

  /** Sends to all that are on the same path, managed services included. */
  broadcast(value: unknown, options?: BroadcastOptions): Delivery {
    return this.broadcaster.broadcast(value, options);
  }

  /** Sends to this client alone: text as text, bytes as a binary message, all else as JSON. */
  write(value: unknown): void {
    this.#resource.send(value);
  }

  /**
   * Ends the connection and the resource.
   *
   * @param code one that may be sent (RFC 6455, 7.4): 1000 to 1003, 1007 to 1014, 3000 to 4999. Default 1000.
   * @param reason what is beyond 123 bytes of UTF-8 is cut off
   */
  close(code = 1000, reason = ''): void {
    if (!sendable(code))
      throw new RangeError(`close code ${code} can't be sent: use 1000 to 1003, 1007 to 1014, or 3000 to 4999`);
    this.#resource.close(undefined, { code, reason });
  }

  /** Sends a ping; the answer reaches `onPong`. @param data up to 125 bytes */
  ping(data: string | Uint8Array = ''): void {
    const bytes = Buffer.byteLength(data);
    if (bytes > 125) throw new RangeError(`a ping of ${bytes} bytes can't be sent; there is room for 125`);
    this.#resource.out.connection?.sendPing?.(data);
  }
}

/** 1004 is reserved; 1005, 1006 and 1015 say what was not on the wire. */
function sendable(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

const webSockets = new WeakMap<Resource, WebSocket>();

/** The WebSocket object of a resource; always the same one. */
export function webSocketOf(resource: Resource): WebSocket {
  let webSocket = webSockets.get(resource);
  if (!webSocket) webSockets.set(resource, (webSocket = new WebSocket(resource)));
  return webSocket;
}
