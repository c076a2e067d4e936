import {
  Failure,
  type Connection,
  type Frame,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import type { Exchange, HeaderPair } from '../http/exchange';
import { Held, type HeldPolls } from './held-polls';
import { INVISIBLE } from './streaming';

/** What the ways of polling differ in. */
export interface PollKind {
  readonly transport: Transport;
  readonly headers: readonly HeaderPair[];
  /** Whether a poll that finds nothing waits for something. */
  readonly holds: boolean;
  /** Puts around the frames of an answer what makes them a body of this kind. Default: nothing. */
  readonly wrap?: (frames: readonly Frame[]) => string;
}

/** One poll: a connection that ends with its first write. */
export class Poll extends Held implements Connection {
  readonly #kind: PollKind;
  readonly #exchange: Exchange;
  #begun = false;
  /** Whether it found nothing, and waits or has waited. */
  #waited = false;

  constructor(
    kind: PollKind,
    exchange: Exchange,
    private readonly resource: Resource,
    private readonly held: HeldPolls,
  ) {
    super();
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
    this.#exchange.onGone(this);
    this.resource.attach(this);
    if (!this.#exchange.open) return;
    // What @Ready sent is written at the end of this turn, before this.
    if (!this.#kind.holds) setImmediate(() => this.ping());
    else if (this.request.wire.framework !== undefined) this.#hold();
  }

  gone(): void {
    this.held.note(this.resource, false);
    this.release();
    this.resource.detach(this, 'lost');
  }

  write(frames: readonly Frame[]): WriteResult {
    if (!this.#exchange.open) return 'closed';
    if (this.#waited) this.held.note(this.resource, this.isYoung);
    this.#answer(frames);
    this.resource.detach(this, 'answered');
    return 'full';
  }

  /** What makes frames a body of another kind can't be put around half of it. */
  writeOn(frames: readonly Frame[]): void {
    if (this.#begun && this.#exchange.open && !this.#kind.wrap) this.#exchange.write(frames);
  }

  /** An empty answer keeps a client polling that has no other way to learn that the server lives. */
  ping(): void {
    this.write([]);
  }

  close(failure?: Failure): void {
    if (!this.#exchange.open) return;
    this.held.note(this.resource, false);
    if (failure && !this.#begun) this.#exchange.fail(failure);
    else this.#answer([]);
  }

  /**
   * The headers of a held poll leave early. Clients before version 5 wait for them to call themselves open. And a browser
   * repeats a request by itself when its connection breaks before the answer has begun: the client would not know that it
   * broke, and would take the handshake that a broken poll is followed by for a message. Only while a client gets one answer
   * soon after the other they are spared, because its answer is about to begin.
   */
  #hold(): void {
    this.#waited = true;
    if (!this.held.isQuick(this.resource)) this.begin();
    this.held.add(this);
  }

  begin(): void {
    if (this.#begun || !this.#exchange.open) return;
    try {
      const first = this.resource.endpoint.preamble(this) || INVISIBLE;
      this.#begun = true;
      this.#exchange.start(this.#kind.headers, first);
    } catch (error) {
      this.close(this.resource.refuse(Failure.from(error)));
      this.resource.detach(this, 'answered');
    }
  }

  #answer(frames: readonly Frame[]): void {
    this.release();
    const { headers, wrap } = this.#kind;
    const [first = ''] = frames;
    const body = wrap ? wrap(frames) : frames.length > 1 ? frames.join('') : first;
    if (this.#begun) this.#exchange.finish(body);
    else this.#exchange.end(200, headers, body);
  }
}
