import {
  type Connection,
  type Failure,
  type Frame,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import type { Exchange, HeaderPair } from '../http/exchange';

/** What an event stream and a plain stream differ in. */
export interface StreamKind {
  readonly transport: Transport;
  readonly headers: readonly HeaderPair[];
  /** Bytes that make the headers leave at once, for a connection that may have nothing to say yet. */
  preamble(request: Request, resource: Resource): string;
  /** Bytes that tell a client when to come back; default: none. */
  readonly farewell?: (retryAfterSeconds: number) => string;
  /** Bytes that no reader takes for a message; empty where there are none. */
  readonly keepAlive: string;
  /** Puts in front of a frame what is the same for all that one client gets. Default: nothing. */
  readonly address?: (frame: Frame, prefix: string) => Frame;
}

/** A response that goes on: one connection of SSE or of HTTP streaming. */
export class HttpStream implements Connection {
  readonly #kind: StreamKind;
  readonly #exchange: Exchange;
  /** What must go out before anything else, while it has not. */
  #preamble = '';
  #waits = false;

  constructor(
    kind: StreamKind,
    exchange: Exchange,
    readonly owner: Resource,
  ) {
    this.#kind = kind;
    this.#exchange = exchange;
  }

  get request(): Request {
    return this.#exchange.request;
  }

  get transport(): Transport {
    return this.#kind.transport;
  }

  open(): void {
    const { owner: resource } = this;
    this.#exchange.start(this.#kind.headers);
    // In one write with the handshake: a classic client that has read the padding alone would speak before it has its id.
    this.#preamble = resource.endpoint.preamble(this) || this.#kind.preamble(this.request, resource);
    this.#exchange.onGone(this);
    resource.attach(this);
    if (this.#preamble !== '') this.write([]);
  }

  gone(): void {
    this.owner.detach(this, 'lost');
  }

  write(frames: readonly Frame[]): WriteResult {
    if (!this.#exchange.open) return 'closed';
    const { address } = this.#kind;
    const own = address ? frames.map((frame) => address(frame, this.owner.recovery.eventIdPrefix)) : frames;
    if (this.#exchange.write(this.#preamble === '' ? own : this.beginning(own))) return 'ok';
    if (!this.#waits) this.#exchange.onWritable(() => this.owner.drained(this));
    this.#waits = true;
    return 'full';
  }

  // `private` rather than `#`: methods of that kind take a word of memory in each instance.
  private beginning(frames: readonly Frame[]): readonly Frame[] {
    const all = [this.#preamble, ...frames];
    this.#preamble = '';
    return all;
  }

  ping(): void {
    const { keepAlive } = this.#kind;
    // A write of nothing still lets the library send on what waits in its memory.
    this.write(keepAlive === '' ? [] : [keepAlive]);
  }

  close(failure?: Failure): void {
    const { retryAfterSeconds } = failure ?? {};
    const farewell = retryAfterSeconds === undefined ? undefined : this.#kind.farewell?.(retryAfterSeconds);
    if (farewell !== undefined) this.#exchange.write([farewell]);
    this.#exchange.finish();
  }
}
