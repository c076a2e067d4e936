import type { SavedSubscription } from '../log/durable-store';
import { offsetAfter, type MessageLog } from '../log/message-log';
import { remainsOf, type Remains } from '../log/remains';
import { Source, type Absent, type Subscribed } from './subscription';

/**
 * A subscription that has ended. What was broadcast while it lasted is still its resource's, as it is a WebSocket's that got it
 * at once.
 */
export class Departed extends Source {
  readonly #place: Subscribed | Absent;
  readonly #remains: Remains;
  readonly #last: number;
  readonly #end: number;

  /** @param last number of the last message of all that was sent while it lasted */
  constructor(place: Subscribed | Absent, last: number) {
    super(place.since);
    this.#place = place;
    this.#remains = remainsOf(place.log);
    this.#last = last;
    this.#end = offsetAfter(place.log, last);
  }

  // The subscription may have ended while it was written: what is written then counts here, too.
  get cursor(): number {
    return this.#place.cursor;
  }

  set cursor(offset: number) {
    this.#place.cursor = offset;
  }

  get dropped(): Source['dropped'] {
    return this.#place.dropped;
  }

  set dropped(dropped: Source['dropped']) {
    this.#place.dropped = dropped;
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
    const { id, since } = this.#place;
    return this.log.durable ? { id, since, until: this.#last } : undefined;
  }
}
