import type { Timers } from '../time/timers';

/** Who is to get a connection. */
export interface Newcomer {
  readonly state: string;
  /** Begins the wait for it. */
  expect(): void;
}

/**
 * Resources that were made, and have no connection yet. Nearly all have it before the next one comes, and need no timer of
 * their own: only who has none by then, or when a tick has passed, is waited for.
 */
export class Newcomers {
  #newest: Newcomer | undefined;
  /** Whether it will be looked after the newest one in any case. */
  #watched = false;

  /** A resource was made. */
  add(newcomer: Newcomer, timers: Timers): void {
    this.#look();
    this.#newest = newcomer;
    if (this.#watched) return;
    this.#watched = true;
    timers.after(0, () => {
      this.#watched = false;
      this.#look();
    });
  }

  #look(): void {
    const newest = this.#newest;
    this.#newest = undefined;
    if (newest?.state === 'connecting') newest.expect();
  }
}
