import type { SavedSubscription } from '../log/durable-store';
import { offsetAfter, type MessageLog } from '../log/message-log';
import { keepFor, letGo } from '../log/remains';
import type { Outbound } from './outbound';
import { Source, type Absent, type Subscribed } from './subscription';

/**
 * A subscription that has ended. What was broadcast while it lasted is still its resource's, as it is a WebSocket's that got it
 * at once.
 */
export class Departed extends Source {
  readonly #place: Subscribed | Absent;
  readonly #out: Pick<Outbound, 'parts' | 'resource'>;
  readonly #last: number;
  #log: MessageLog;
  #first: number;
  #end: number;
  /** How many messages it brought that were there when it ended, and the sum of their lengths. */
  readonly messages: number;
  readonly bytes: number;

  /** @param last number of the last message of all that was sent while it lasted */
  constructor(place: Subscribed | Absent, last: number, out: Pick<Outbound, 'parts' | 'resource'>) {
    super(place.since);
    this.#place = place;
    this.#out = out;
    this.#last = last;
    this.#log = place.log;
    this.#first = offsetAfter(place.log, place.since);
    this.#end = offsetAfter(place.log, last);
    this.messages = Math.max(0, this.#end - this.#first);
    this.bytes = keepFor(this);
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
    return this.#log;
  }

  /** Offset of the first message that is meant for the resource. */
  get first(): number {
    return this.#first;
  }

  override get end(): number {
    return this.#end;
  }

  override get forgotten(): number {
    return Math.min(this.log.forgotten, this.#last);
  }

  override get holds(): boolean {
    return Math.max(this.#first, this.log.start) < this.#end;
  }

  /** Number of the newest message that it brought; -1 when it is not known. */
  get newest(): number {
    return this.holds ? this.log.at(this.#end - 1).sequence : this.forgotten;
  }

  /** What a store has to have of it; undefined when what it is owed does not outlive the process. */
  get saved(): SavedSubscription | undefined {
    const { id, since } = this.#place;
    return this.log.durable ? { id, since, until: this.#last } : undefined;
  }

  /** Its log was emptied, and here is what was in it, at the same offsets. */
  goOnWith(copy: MessageLog): void {
    this.#log = copy;
    this.#changed();
  }

  /** Its messages are in another log now. */
  moveTo(log: MessageLog): void {
    const position = this.owes ? this.log.at(this.cursor).sequence - 1 : this.#last;
    this.#log = log;
    this.#first = offsetAfter(log, this.since);
    this.#end = offsetAfter(log, this.#last);
    if (this.seek(position)) this.#out.resource.out.owed.missed(this.forgotten);
    keepFor(this);
    this.#changed();
  }

  /** Nothing of it is of use any more. */
  forget(): void {
    letGo(this);
  }

  /** It may outlive the process no more. */
  #changed(): void {
    const { parts, resource } = this.#out;
    parts.durability?.changed(resource);
  }
}
