import type { SavedSubscription } from '../log/durable-store';
import { offsetAfter, type MessageLog } from '../log/message-log';
import { remainsOf, type Remains } from '../log/remains';
import { Source, type Subscribed } from './subscription';

/**
 * A subscription that has ended. What was broadcast while it lasted is still its resource's, as it is a WebSocket's that got it
 * at once.
 */
export class Departed extends Source {
  readonly #subscription: Subscribed;
  readonly #remains: Remains;
  readonly #last: number;
  readonly #end: number;

  /** @param last number of the last message of all that was sent while it lasted */
  constructor(subscription: Subscribed, last: number) {
    super(subscription.since);
    this.#subscription = subscription;
    this.#remains = remainsOf(subscription.log);
    this.#last = last;
    this.#end = offsetAfter(subscription.log, last);
  }

  // Its place is that of the subscription, which may have ended while it was written: what is written then counts here, too.
  get cursor(): number {
    return this.#subscription.cursor;
  }

  set cursor(offset: number) {
    this.#subscription.cursor = offset;
  }

  get dropped(): Source['dropped'] {
    return this.#subscription.dropped;
  }

  set dropped(dropped: Source['dropped']) {
    this.#subscription.dropped = dropped;
  }

  get log(): MessageLog {
    return this.#remains.log;
  }

  override get end(): number {
    return this.#end;
  }

  override get forgotten(): number {
    return Math.min(this.log.forgotten, this.#last);
  }

  /** What a store has to have of it; undefined when what it is owed does not outlive the process. */
  get saved(): SavedSubscription | undefined {
    const { broadcaster, since } = this.#subscription;
    return this.log.durable ? { id: broadcaster.id, since, until: this.#last } : undefined;
  }
}
