import { isPromise, type MaybePromise } from '../time/settle';

/** Who has an inbox once a piece of its work had to be waited for. */
export interface InboxOwner {
  inbox: Inbox | undefined;
}

/** Runs work of a resource after all that waits; at once when nothing does. */
export function inTurn<T>(owner: InboxOwner, work: () => MaybePromise<T>): MaybePromise<T> {
  return owner.inbox?.busy ? owner.inbox.run(work) : holding(owner, work());
}

/** Lets what comes next wait for the outcome of work, if there is something to wait for. */
export function holding<T>(owner: InboxOwner, outcome: MaybePromise<T>): MaybePromise<T> {
  return isPromise(outcome) ? (owner.inbox ??= new Inbox()).hold(outcome) : outcome;
}

/**
 * Lets the work of one resource run one piece after the other, in the order of arrival. While the work is synchronous
 * nothing waits and nothing is allocated; a handler that returns a promise holds up what comes after it, of this
 * resource alone.
 */
export class Inbox {
  #busy = false;
  /** Lets the oldest waiting piece of work begin. */
  readonly #waiting: (() => void)[] = [];

  /** Whether work must be queued rather than run at once. */
  get busy(): boolean {
    return this.#busy;
  }

  /** How many pieces of work wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Holds the following work until a promise has settled. */
  hold<T>(promise: PromiseLike<T>): PromiseLike<T> {
    this.#busy = true;
    const next = (): void => this.#next();
    promise.then(next, next);
    return promise;
  }

  /** Runs work after all that waits; at once when nothing does. */
  run<T>(work: () => MaybePromise<T>): MaybePromise<T> {
    if (!this.#busy) {
      const result = work();
      return isPromise(result) ? this.hold(result) : result;
    }
    return this.hold(new Promise<void>((begin) => this.#waiting.push(begin)).then(work));
  }

  #next(): void {
    const begin = this.#waiting.shift();
    if (begin) begin();
    else this.#busy = false;
  }
}
