import type { Delivery } from './delivery';
import type { Timer, Timers } from '../time/timers';

/** A broadcast that waits for its time. */
export interface Scheduled {
  /** Calls it off; tells whether there was something to call off. */
  cancel(): boolean;
}

class Waiting implements Scheduled {
  #timer: Timer | undefined;
  #over = false;

  /** @param early asked with each `check`; broadcasts when it is time already */
  constructor(
    private readonly all: Set<Waiting>,
    readonly early?: () => void,
  ) {
    all.add(this);
  }

  wait(timers: Timers, millis: number, fn: () => void): void {
    if (!this.#over) this.#timer = timers.after(millis, fn);
  }

  cancel(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#timer?.cancel();
    this.all.delete(this);
    return true;
  }
}

/** The broadcasts of one broadcaster that are yet to come. */
export class Schedule {
  readonly #timers: Timers;
  readonly #send: (message: unknown) => Delivery;
  readonly #failed: (cause: unknown) => void;
  readonly #waiting = new Set<Waiting>();
  #held: unknown[] | undefined;

  /** @param failed told why a broadcast failed: when it is time, nobody is there any more to whom it could be thrown */
  constructor(timers: Timers, broadcast: (message: unknown) => Delivery, failed: (cause: unknown) => void) {
    this.#timers = timers;
    this.#send = broadcast;
    this.#failed = failed;
  }

  /** Whether something waits for the next broadcast. */
  get held(): boolean {
    return this.#held !== undefined;
  }

  hold(message: unknown): void {
    (this.#held ??= []).push(message);
  }

  release(): unknown[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }

  once(message: unknown, millis: number): Scheduled {
    return this.#once(new Waiting(this.#waiting), message, millis);
  }

  every(message: unknown, period: number, first: number): Scheduled {
    if (!(period > 0)) throw new RangeError(`a period of ${period} ms would never end; it must be above 0`);
    const waiting = new Waiting(this.#waiting);
    const run = (): void => {
      waiting.wait(this.#timers, period, run);
      this.#broadcast(message);
    };
    waiting.wait(this.#timers, first, run);
    return waiting;
  }

  /** Broadcasts when a condition holds; it is looked at now and with each `check`. */
  when(condition: () => boolean, message: unknown, millis: number): Scheduled {
    const early = (): void => {
      if (condition() && waiting.cancel()) this.#broadcast(message);
    };
    const waiting = new Waiting(this.#waiting, early);
    this.#once(waiting, message, millis);
    early();
    return waiting;
  }

  check(): void {
    for (const { early } of this.#waiting) early?.();
  }

  cancelAll(): void {
    for (const waiting of [...this.#waiting]) waiting.cancel();
    this.#held = undefined;
  }

  #once(waiting: Waiting, message: unknown, millis: number): Waiting {
    waiting.wait(this.#timers, millis, () => {
      waiting.cancel();
      this.#broadcast(message);
    });
    return waiting;
  }

  #broadcast(message: unknown): void {
    try {
      this.#send(message);
    } catch (cause) {
      this.#failed(cause);
    }
  }
}
