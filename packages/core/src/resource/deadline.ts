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
}

/** Where polls that go on as one connection note that they have been answered: a wait of its own for each would cost more. */
export interface Rests {
  /** The tick of the timers at which the last one was; undefined while there are none. */
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
    private readonly rests: Rests,
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
    const { state } = this.awaited;
    const { restsSince } = this.rests;
    if (state === 'closed') return;
    // The rest that follows begins no wait.
    if (state === 'ready') return restsSince === undefined ? undefined : this.#wait(this.#millis);
    const began = restsSince === undefined ? this.#began : this.parts.timers.timeOf(restsSince + 1);
    // A clock that was set back must not make it longer.
    const left = Math.min(began + this.#millis - this.parts.now(), this.#millis);
    if (left > 0) return this.#wait(left);
    this.late();
  }
}
