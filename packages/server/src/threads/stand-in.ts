import type { Step } from '../http/replay';
import type { HttpRequest, HttpResponse } from '../uws';
import type { NativeSocket, SocketEvents } from '../transports/websocket-connection';
import { portable, type Link, type PassedRequest } from './link';

/**
 * How much may be on its way to the holder of a connection before it has to say that its peer took it, in bytes or UTF-16
 * code units.
 */
const WINDOW = 256 * 1024;

/** Code of an end without a close frame (RFC 6455, 7.4.1). */
const ABNORMAL = 1006;

const nothing = new ArrayBuffer(0);

/** How much is on its way over one connection that another thread holds. */
class Window {
  /** How much waits at the holder, as far as it is known. */
  waiting = 0;
  #sent = 0;
  #asked = false;

  constructor(
    private readonly link: Link,
    private readonly id: number,
  ) {}

  /** Whether nothing more should be sent for now. */
  get full(): boolean {
    return this.waiting > 0 || this.#asked;
  }

  sent(length: number): void {
    this.#sent += length;
    if (this.#sent <= WINDOW || this.#asked) return;
    this.#asked = true;
    this.link.say(['ask', this.id]);
  }

  emptied(): void {
    this.#sent = 0;
    this.#asked = false;
    this.waiting = 0;
  }
}

/** What the holder of a connection tells its home, however it is spoken over. */
export interface Held {
  full(bytes: number): void;
  empty(): void;
  /** The peer, or the holder, has gone. */
  gone(): void;
}

/** In the home of a resource: stands in for the request and the response that another thread has. */
export class ResponseStandIn implements Held {
  readonly #link: Link;
  readonly #id: number;
  readonly #request: PassedRequest;
  readonly #window: Window;
  readonly #over: () => void;
  #steps: Step[] = [];
  #corks = 0;
  #aborted: () => void = () => undefined;
  #body: ((chunk: ArrayBuffer, isLast: boolean) => void) | undefined;
  #writable: (() => void) | undefined;
  readonly #upgraded: (events: SocketEvents) => void;

  /**
   * @param over called when nothing more is to come
   * @param upgraded called when it is a WebSocket from now on
   */
  constructor(
    link: Link,
    id: number,
    request: PassedRequest,
    { over, upgraded }: { readonly over: () => void; readonly upgraded: (events: SocketEvents) => void },
  ) {
    this.#upgraded = upgraded;
    this.#link = link;
    this.#id = id;
    this.#request = request;
    this.#window = new Window(link, id);
    this.#over = over;
  }

  /** It does what of a response `Exchange` uses. */
  get native(): HttpResponse {
    return this as unknown as HttpResponse;
  }

  get request(): HttpRequest {
    const { path, query, method, headers } = this.#request;
    const request = {
      getUrl: () => path,
      getQuery: () => query,
      getCaseSensitiveMethod: () => method,
      forEach: (each: (name: string, value: string) => void) => headers.forEach((value, name) => each(name, value)),
    };
    return request as unknown as HttpRequest;
  }

  full(bytes: number): void {
    this.#window.waiting = bytes;
  }

  empty(): void {
    this.#window.emptied();
    this.#writable?.();
  }

  gone(): void {
    this.#over();
    this.#aborted();
  }

  piece(bytes: Uint8Array, isLast: boolean): void {
    this.#body?.(bytes.buffer as ArrayBuffer, isLast);
  }

  // From here on: what `Exchange` calls.

  onAborted(aborted: () => void): void {
    this.#aborted = aborted;
  }

  onData(body: (chunk: ArrayBuffer, isLast: boolean) => void): void {
    this.#body = body;
    if (!this.#request.hasBody) queueMicrotask(() => body(nothing, true));
  }

  onWritable(writable: () => void): void {
    this.#writable = writable;
  }

  getRemoteAddress(): ArrayBuffer {
    return nothing;
  }

  cork(run: () => void): void {
    this.#corks++;
    run();
    if (--this.#corks === 0) this.#answer();
  }

  writeStatus(status: string): void {
    this.#do(['status', status]);
  }

  writeHeader(name: string, value: string): void {
    this.#do(['header', name, value]);
  }

  write(chunk: string | Uint8Array): boolean {
    this.#window.sent(chunk.length);
    this.#do(['write', portable(chunk)]);
    return !this.#window.full;
  }

  end(body: string | Uint8Array | undefined, closes = false): void {
    this.#do(['end', portable(body), closes]);
    this.#over();
  }

  endWithoutBody(): void {
    this.#do(['endWithoutBody']);
    this.#over();
  }

  upgrade({ connection }: { readonly connection: SocketEvents }): void {
    this.#over();
    this.#link.say(['taken', this.#id]);
    this.#upgraded(connection);
  }

  #do(step: Step): void {
    this.#steps.push(step);
    if (this.#corks === 0) this.#answer();
  }

  #answer(): void {
    if (this.#steps.length === 0) return;
    this.#link.say(['answer', this.#id, this.#steps]);
    this.#steps = [];
  }
}

/** In the home of a resource: stands in for the WebSocket that another thread has. */
export class SocketStandIn implements Held {
  readonly #window: Window;
  readonly #topics = new Set<string>();

  constructor(
    readonly link: Link,
    readonly id: number,
    readonly events: SocketEvents,
    private readonly parts: {
      /** Sends to the WebSockets of this thread. */
      readonly publish: (topic: string, frame: string | Uint8Array, compress: boolean) => void;
      /** Counts the members of a topic that a holder has. */
      readonly count: (topic: string, change: 1 | -1) => void;
      readonly over: () => void;
    },
  ) {
    this.#window = new Window(link, id);
  }

  /** It does what of a WebSocket its connection uses. */
  get native(): NativeSocket {
    return this as unknown as NativeSocket;
  }

  full(bytes: number): void {
    this.#window.waiting = bytes;
    this.events.drained();
  }

  empty(): void {
    this.#window.emptied();
    this.events.drained();
  }

  gone(): void {
    this.closed(ABNORMAL, nothing);
  }

  closed(code: number, reason: ArrayBuffer): void {
    for (const topic of [...this.#topics]) this.#leave(topic);
    this.parts.over();
    this.events.closed(code, reason);
  }

  // From here on: what the connection calls.

  send(frame: string | Uint8Array, _isBinary: boolean, compress: boolean): number {
    const { full } = this.#window;
    this.#window.sent(frame.length);
    this.link.say(['send', this.id, portable(frame), compress]);
    return full || this.#window.full ? 0 : 1;
  }

  cork(run: () => void): void {
    run();
  }

  subscribe(topic: string): void {
    if (this.#topics.has(topic)) return;
    this.#topics.add(topic);
    this.parts.count(topic, 1);
    this.link.say(['join', this.id, topic]);
  }

  unsubscribe(topic: string): void {
    if (!this.#topics.has(topic)) return;
    this.#leave(topic);
    this.link.say(['leave', this.id, topic]);
  }

  publish(topic: string, frame: string | Uint8Array, _isBinary: boolean, compress: boolean): void {
    this.parts.publish(topic, frame, compress);
  }

  ping(data: string | Uint8Array): void {
    this.link.say(['ping', this.id, portable(data)]);
  }

  end(code?: number, reason = ''): void {
    this.link.say(['end', this.id, code, reason]);
  }

  close(): void {
    this.link.say(['close', this.id]);
  }

  getBufferedAmount(): number {
    return this.#window.full ? Math.max(1, this.#window.waiting) : 0;
  }

  #leave(topic: string): void {
    this.#topics.delete(topic);
    this.parts.count(topic, -1);
  }
}
