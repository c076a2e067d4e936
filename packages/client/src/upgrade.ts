import type { Environment } from './environment';
import type { Settings } from './options';
import type { Timer, Timers } from './timers';

const LONGEST_SECONDS = 600;

/** Says when it is time to try a better transport in the background: ever more seldom, and not while nobody looks. */
export class Upgrade {
  readonly #timers: Timers;
  readonly #isHidden: Environment['isHidden'];
  #seconds: number;
  #timer: Timer | undefined;

  constructor(parts: { readonly settings: Settings; readonly environment: Environment; readonly timers: Timers }) {
    this.#timers = parts.timers;
    this.#isHidden = parts.environment.isHidden;
    this.#seconds = parts.settings.upgradeSeconds;
  }

  plan(attempt: () => void): void {
    this.cancel();
    if (this.#seconds === 0) return;
    this.#timer = this.#timers.after(this.#seconds * 1000, () => {
      this.#seconds = Math.min(2 * this.#seconds, LONGEST_SECONDS);
      if (this.#isHidden()) this.plan(attempt);
      else attempt();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
