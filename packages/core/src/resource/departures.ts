import type { LogBounds } from '../log/message-log';
import type { Departed } from './departed';

/** What a resource was brought by subscriptions that have ended, the oldest first; all of them together keep no more than one log does. */
export class Departures {
  readonly #bounds: LogBounds;
  /** Those that owe something. */
  readonly #owing = new Set<Departed>();
  /** Those of which all was written, and may have to be written again: there may be many, and only `seek` looks at them. */
  readonly #retained = new Set<Departed>();
  #messages = 0;
  #bytes = 0;
  /** Number of the newest message that is missing of those that are forgotten; -1 when none is. */
  forgotten = -1;

  constructor(bounds: LogBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#owing.size + this.#retained.size;
  }

  /** Those that owed something when they were last looked at. */
  get owing(): ReadonlySet<Departed> {
    return this.#owing;
  }

  get all(): readonly Departed[] {
    return [...this.#retained, ...this.#owing];
  }

  /** Number of the newest message that does not outlive the process; -1 when all do. */
  get unsaved(): number {
    return this.all.reduce((newest, one) => (one.saved ? newest : Math.max(newest, one.newest)), this.forgotten);
  }

  /**
   * One more has ended. What is then too much is forgotten, the oldest first, but not the last that is left, which its own log bounds.
   *
   * @param retains whether what was written may have to be written again
   * @returns numbers of the newest messages of those that were forgotten and owed something
   */
  add(departed: Departed, retains: boolean): readonly number[] {
    this.#forgetSpent();
    this.#messages += departed.messages;
    this.#bytes += departed.bytes;
    this.#keep(departed, retains);
    const { maxMessages, maxBytes } = this.#bounds;
    const lost: number[] = [];
    while (this.size > 1 && (this.#messages > maxMessages || this.#bytes > maxBytes)) {
      // What was written first: its client has most likely got it.
      const [oldest] = this.#retained.size > 0 ? this.#retained : this.#owing;
      if (!oldest) break;
      if (oldest.owes) lost.push(oldest.newest);
      this.#drop(oldest, oldest.newest);
    }
    return lost;
  }

  /**
   * Those that owe something now.
   *
   * @param retains whether what was written may have to be written again
   * @param missed called with the number of the newest message, where something that was owed is not there any more
   */
  due(retains: boolean, missed: (upTo: number) => void): ReadonlySet<Departed> {
    for (const departed of this.#owing) {
      if (departed.catchUp()) missed(departed.forgotten);
      if (!departed.owes) this.#keep(departed, retains);
    }
    return this.#owing;
  }

  /** Each goes on after the message of that number, forward or back. */
  seek(sequence: number, missed: (upTo: number) => void): void {
    for (const departed of this.all) {
      if (departed.seek(sequence)) missed(departed.forgotten);
      this.#sort(departed);
    }
    if (this.forgotten > sequence) missed(this.forgotten);
  }

  expire(now: number): void {
    for (const departed of this.all) {
      departed.log.expire(now);
      // A write that failed owes again what was taken for written.
      if (departed.owes) this.#sort(departed);
      else if (!departed.holds) this.#drop(departed);
    }
  }

  /** Forgets those of which nothing is of use any more. */
  forget(isSpent: (departed: Departed) => boolean): void {
    for (const departed of this.all) if (isSpent(departed)) this.#drop(departed);
  }

  /** Those that ended first are the first of which nothing is left. */
  #forgetSpent(): void {
    for (const oldest of this.#retained) {
      if (oldest.holds) return;
      this.#drop(oldest);
    }
  }

  #keep(departed: Departed, retains: boolean): void {
    if (departed.owes || (retains && departed.holds)) this.#sort(departed);
    else this.#drop(departed);
  }

  #sort(departed: Departed): void {
    const [to, from] = departed.owes ? [this.#owing, this.#retained] : [this.#retained, this.#owing];
    from.delete(departed);
    to.add(departed);
  }

  #drop(departed: Departed, missing = departed.forgotten): void {
    this.#owing.delete(departed);
    this.#retained.delete(departed);
    this.#messages -= departed.messages;
    this.#bytes -= departed.bytes;
    this.forgotten = Math.max(this.forgotten, missing);
    departed.forget();
  }
}
