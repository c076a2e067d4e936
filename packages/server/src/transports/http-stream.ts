import {
  type Connection,
  type Failure,
  type Frame,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import { writeCorked } from '../http/corked';
import type { Exchange, HeaderPair, Leaver } from '../http/exchange';
import type { HttpResponse } from '../uws';

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
export class HttpStream implements Connection, Leaver {
  // Of a thousand streams little is in a cache: what each write touches comes first, and is not the exchange.
  /** The response, while it can be written to. */
  #res: HttpResponse | undefined;
  readonly #kind: StreamKind;
  /** What must go out before anything else, while it has not. */
  #preamble = '';
  #waits = false;
  readonly owner: Resource;
  readonly #exchange: Exchange;

  constructor(kind: StreamKind, exchange: Exchange, owner: Resource) {
    this.#kind = kind;
    this.owner = owner;
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
    this.#exchange.onGone(this);
    this.#res = this.#exchange.start(this.#kind.headers);
    // In one write with the handshake: a classic client that has read the padding alone would speak before it has its id.
    this.#preamble = resource.endpoint.preamble(this) || this.#kind.preamble(this.request, resource);
    resource.attach(this);
    if (this.#preamble !== '') this.write([]);
  }

  ended(): void {
    this.#res = undefined;
  }

  gone(): void {
    this.owner.detach(this, 'lost');
  }

  write(frames: readonly Frame[]): WriteResult {
    const res = this.#res;
    if (!res) return 'closed';
    const { address } = this.#kind;
    const own = address ? frames.map((frame) => address(frame, this.owner.recovery.eventIdPrefix)) : frames;
    if (writeCorked(res, this.#preamble === '' ? own : this.beginning(own))) return 'ok';
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
