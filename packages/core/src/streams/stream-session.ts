import type { Payload } from '@ionosphere/protocol';
import type { Resource } from '../resource/resource';
import { isPromise, type MaybePromise } from '../time/settle';
import { Inlet, WINDOW } from './inlet';
import type { StreamRequest } from './stream-request';
import { ignore, type Consumer } from './streams';

/** What the streams of a client are run with. */
export interface StreamSessionParts {
  readonly consume: Consumer<unknown> | undefined;
  readonly out: SourceIterator | undefined;
  readonly request: StreamRequest;
  readonly resource: Resource;
  readonly encode: (value: unknown) => Payload;
}

/** An iterator, asynchronous or not. */
export interface SourceIterator {
  next(): MaybePromise<IteratorResult<unknown, unknown>>;
  return?(): MaybePromise<unknown>;
}

/** The two streams of one resource. They begin with its first connection, and last over the following ones. */
export class StreamSession {
  readonly #parts: StreamSessionParts;
  readonly #inlet: Inlet | undefined;
  #started = false;
  /** Whether `out` is to be told when nobody wants more of it. */
  #runs: boolean;

  constructor(parts: StreamSessionParts) {
    this.#parts = parts;
    this.#runs = parts.out !== undefined;
    if (parts.consume && parts.consume !== ignore) this.#inlet = new Inlet();
  }

  /** The client is connected. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { out } = this.#parts;
    if (this.#inlet) void this.#consume(this.#inlet);
    if (out) void this.#pump(out);
  }

  /** A message came. Gives a promise while the consumer has no room for another one. */
  push(message: unknown): MaybePromise<void> {
    return this.#inlet?.push(message);
  }

  /** All messages have come. */
  endIn(): void {
    this.#inlet?.end();
  }

  /** The client is gone for good. */
  end(): void {
    this.#parts.request.end();
    // Else the messages that wait come first, and then `endIn`.
    if (!this.#started) this.endIn();
    void this.#abandon();
  }

  async #consume(inlet: Inlet): Promise<void> {
    try {
      await this.#parts.consume?.(inlet.stream);
    } catch (error) {
      this.#fail(error);
    }
    inlet.ignore();
  }

  async #pump(out: SourceIterator): Promise<void> {
    const { resource } = this.#parts;
    try {
      await this.#send(out);
      await resource.out.drain.below(1);
      resource.close();
    } catch (error) {
      this.#runs = false;
      this.#fail(error);
    }
  }

  async #send(out: SourceIterator): Promise<void> {
    const { resource, encode } = this.#parts;
    const { logMessages, logBytes } = resource.endpoint.service.config;
    // What waits must fit the log, or some of it would be lost.
    const [most, mostBytes] = [Math.min(WINDOW, logMessages), logBytes / 2];
    let waitingBytes = 0;
    for (let count = 1; this.#runs; count++) {
      const given = out.next();
      const { done, value } = isPromise(given) ? await given : given;
      if (done) this.#runs = false;
      if (!this.#runs) return;
      const payload = encode(value);
      resource.send(payload);
      waitingBytes = resource.out.drain.size === 0 ? 0 : waitingBytes + payload.length;
      if (waitingBytes > mostBytes) await resource.out.drain.below(1);
      else if (resource.out.drain.size >= most) await resource.out.drain.below(most);
      // A source that never waits, to a client that takes all, must not keep the process from everybody else.
      else if (count % WINDOW === 0) await resource.out.drain.turn();
    }
  }

  /** Lets `out` clean up, in the middle of what it does. */
  async #abandon(): Promise<void> {
    if (!this.#runs) return;
    this.#runs = false;
    try {
      await this.#parts.out?.return?.();
    } catch (error) {
      this.#parts.resource.endpoint.fail(error, this.#parts.resource);
    }
  }

  /** One direction failed: the client is told, and both end. What fails because the client is gone is no news. */
  #fail(error: unknown): void {
    const { resource } = this.#parts;
    if (resource.state === 'closed') return;
    const failure = resource.endpoint.fail(error, resource);
    resource.send(failure);
    resource.close(failure);
  }
}
