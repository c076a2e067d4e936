import type { Timer, Timers } from '../time/timers';

/** What a deadline is built on. */
export interface DeadlineParts {
  readonly timers: Timers;
  readonly now: () => number;
}

/** Where a resource is in its life: `connecting -> ready <-> away -> closed`. */
export type ResourceState = 'connecting' | 'ready' | 'away' | 'closed';

/** Whose deadline it is. */
export interface Awaited {
  readonly state: ResourceState;
  /** The tick of the timers at which it went between two polls, if it did so since the wait began: that is noted where it is cheaper. */
  readonly restsSince: number | undefined;
}

/**
 * The time in which somebody must come. Who polls comes and goes all the time: the timer of the first absence goes on, and is
 * set again, for what is left, only when it rings.
 */
export class Deadline {
  #timer: Timer | undefined;
  /** How long the timer waits, in milliseconds. */
  #timerMillis = 0;
  #millis = 0;
  /** When the wait began. */
  #began = 0;

  constructor(
    private readonly parts: DeadlineParts,
    private readonly awaited: Awaited,
    /** Called when it did not come in time. */
    private readonly late: () => void,
  ) {}

  /** Somebody must come in so many milliseconds from now. */
  begin(millis: number): void {
    this.#millis = millis;
    this.#began = this.parts.now();
    if (this.#timer && this.#timerMillis <= millis) return;
    this.#timer?.cancel();
    this.#wait(millis);
  }

  /** Nobody is waited for any more, nor again. */
  cancel(): void {
    this.#timer = void this.#timer?.cancel();
  }

  #wait(millis: number): void {
    this.#timerMillis = millis;
    this.#timer = this.parts.timers.after(millis, () => this.#ring());
  }

  #ring(): void {
    this.#timer = undefined;
    const { state, restsSince } = this.awaited;
    if (state === 'closed') return;
    // Polls that go on as one connection do not begin a wait each.
    if (state === 'ready') return restsSince === undefined ? undefined : this.#wait(this.#millis);
    const began = restsSince === undefined ? this.#began : this.parts.timers.timeOf(restsSince + 1);
    // A clock that was set back must not make it longer.
    const left = Math.min(began + this.#millis - this.parts.now(), this.#millis);
    if (left > 0) return this.#wait(left);
    this.late();
  }
}
