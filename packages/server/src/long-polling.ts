import type { Connection, Failure, Frame, Request, Resource, Transport, WriteResult } from '@ionosphere/core';
import type { Exchange, HeaderPair } from './exchange';
import { INVISIBLE } from './streaming';

/** A request that is answered when there is something to say. */
export const longPolling: Transport = {
  name: 'long-polling',
  oneShot: true,
  wire: { name: 'long-polling', binary: false, boundary: 'stream' },
};

const headers: readonly HeaderPair[] = [
  ['Content-Type', 'text/plain; charset=utf-8'],
  ['X-Accel-Buffering', 'no'],
];

/** One poll. */
export class Poll implements Connection {
  readonly transport = longPolling;
  readonly #exchange: Exchange;
  #begun = false;

  constructor(
    readonly request: Request,
    exchange: Exchange,
    private readonly resource: Resource,
  ) {
    this.#exchange = exchange;
  }

  open(): void {
    this.#exchange.onGone(() => this.resource.detach(this, 'lost'));
    this.resource.attach(this);
    if (this.#exchange.open) this.#hold();
  }

  write(frames: readonly Frame[]): WriteResult {
    if (!this.#exchange.open) return 'closed';
    this.#answer(frames);
    this.resource.detach(this, 'answered');
    return 'full';
  }

  /** An empty answer keeps a client polling that has no other way to learn that the server lives. */
  ping(): void {
    this.write([]);
  }

  close(failure?: Failure): void {
    if (!this.#exchange.open) return;
    if (failure && !this.#begun) this.#exchange.fail(failure);
    else this.#answer([]);
  }

  /**
   * The headers of a held poll leave early. Clients before version 5 wait for them to call themselves open. And a browser
   * repeats a request by itself when its connection breaks before the answer has begun: the client would not know that it
   * broke, and would take the handshake that a broken poll is followed by for a message.
   */
  #hold(): void {
    const major = this.request.wire.framework?.[0];
    if (major === undefined) return;
    this.#begun = true;
    this.#exchange.start(headers);
    this.#exchange.write([major < 5 ? ' ' : INVISIBLE]);
  }

  #answer(frames: readonly Frame[]): void {
    const [first = ''] = frames;
    const body = frames.length > 1 ? frames.join('') : first;
    if (!this.#begun) return this.#exchange.end(200, headers, body);
    if (body.length > 0) this.#exchange.write([body]);
    this.#exchange.finish();
  }
}
