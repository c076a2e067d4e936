import type { Settings } from './options';

/** How long to wait before another try: doubling, with jitter, so that many clients do not come back at once. */
export class Backoff {
  readonly #settings: Pick<Settings, 'retrySeconds' | 'maxRetrySeconds'>;
  readonly #random: () => number;
  #tries = 0;
  #hint = 0;

  constructor(settings: Pick<Settings, 'retrySeconds' | 'maxRetrySeconds'>, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /** How often it was waited since the last success. */
  get tries(): number {
    return this.#tries;
  }

  /** The server asks to be left alone for so long, once. */
  hint(millis: number | undefined): void {
    this.#hint = Math.max(this.#hint, millis ?? 0);
  }

  /** Milliseconds until the next try: never earlier than the server asked, and spread over half as much again. */
  next(): number {
    const { retrySeconds, maxRetrySeconds } = this.#settings;
    const own = Math.min(maxRetrySeconds, retrySeconds * 2 ** Math.min(this.#tries++, 20)) * 1000;
    const asked = this.#hint;
    this.#hint = 0;
    const jittered = own * (0.5 + this.#random() / 2);
    return Math.max(jittered, asked && asked * (1 + this.#random() / 2));
  }

  succeeded(): void {
    this.#tries = 0;
    this.#hint = 0;
  }
}
