import type { Clock } from './clock';

/** Something that has messages to write to connections that are served one by one. */
export interface Flushable {
  flush(): void;
}

/**
 * Collects who has something to write during a turn of the event loop and lets all write in one macrotask at its end.
 * Inside a handler of uWebSockets.js only the handler's own socket can be corked, so a write to any other costs several
 * system calls there; in a macrotask each connection costs one, for all messages of the turn.
 */
export class Outflow {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #waiting = new Set<Flushable>();

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Flushes it at the end of the turn, once. */
  add(flushable: Flushable): void {
    if (this.#waiting.size === 0) this.#clock.soon(() => this.flush());
    this.#waiting.add(flushable);
  }

  /** Resolves, with the time, when all that waits now has been flushed. */
  written(): Promise<number> {
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) resolve(this.#clock.now());
      else this.#clock.soon(() => resolve(this.#clock.now()));
    });
  }

  /** Flushes all that wait, now. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const flushable of waiting) {
      try {
        flushable.flush();
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
