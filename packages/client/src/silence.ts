import { ClientError } from './errors';
import type { Environment } from './environment';
import type { Settings } from './options';
import type { Timer, Timers } from './timers';

/** What was late by more than this had slept: the page in the background, or the machine. */
const SLEEP_MILLIS = 5000;
/** How long a connection has after a sleep to show that it lives. */
const GRACE_MILLIS = 10_000;

/** Notices that a connection has fallen silent: not every network tells that it is gone. */
export class Silence {
  readonly #now: Environment['now'];
  readonly #timers: Timers;
  readonly #limit: number;
  readonly #fallen: (error: ClientError) => void;
  #last = 0;
  #timer: Timer | undefined;

  constructor(
    parts: { readonly environment: Environment; readonly timers: Timers; readonly settings: Settings },
    fallen: (error: ClientError) => void,
  ) {
    this.#now = parts.environment.now;
    this.#timers = parts.timers;
    this.#limit = parts.settings.silenceSeconds * 1000;
    this.#fallen = fallen;
  }

  start(): void {
    this.heard();
    this.#look(this.#limit);
  }

  heard(): void {
    this.#last = this.#now();
  }

  /** Timers may have slept, and what came meanwhile may not have been read yet. */
  wakened(): void {
    if (this.#timer) this.#look(GRACE_MILLIS);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(millis: number): void {
    this.#timer?.cancel();
    const due = this.#now() + millis;
    this.#timer = this.#timers.after(millis, () => {
      const rest = this.#last + this.#limit - this.#now();
      if (rest > 0) return this.#look(rest);
      if (this.#now() - due > SLEEP_MILLIS) return this.#look(GRACE_MILLIS);
      this.#timer = undefined;
      this.#fallen(new ClientError('unreachable', `Nothing was heard for ${this.#limit / 1000} s.`));
    });
  }
}
