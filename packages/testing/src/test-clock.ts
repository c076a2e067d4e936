import type { Clock } from '@ionosphere/core';

interface Waiting {
  readonly fn: () => void;
  readonly due: number;
}

/** Lets everything run that is ready to run: microtasks, and the macrotasks that were set before. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A clock that a test moves by hand, so that heartbeats, recovery windows and poll grace take no time:
 * `new App({ services, clock })`, then `await clock.advance(30_000)`. The framework's timers may be late by
 * up to 50 ms, and heartbeats by a fifth of their interval.
 */
export class TestClock implements Clock {
  #now: number;
  readonly #waiting = new Set<Waiting>();

  /** @param start milliseconds since the epoch. Default: the beginning of 2030. */
  constructor(start: number = Date.UTC(2030, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(millis: number, fn: () => void): () => void {
    const call: Waiting = { fn, due: this.#now + millis };
    this.#waiting.add(call);
    return () => void this.#waiting.delete(call);
  }

  /** The end of a turn of the event loop is no matter of time: it comes by itself. */
  soon(fn: () => void): void {
    setImmediate(fn);
  }

  /** Moves time on; resolves when all that became due on the way has run, in the order in which it was due. */
  async advance(millis: number): Promise<void> {
    const end = this.#now + millis;
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      this.#now = Math.max(this.#now, next.due);
      this.#waiting.delete(next);
      next.fn();
      await turn();
    }
    this.#now = end;
    await turn();
  }

  #nextDue(end: number): Waiting | undefined {
    let next: Waiting | undefined;
    for (const call of this.#waiting) if (call.due <= end && (!next || call.due < next.due)) next = call;
    return next;
  }
}
