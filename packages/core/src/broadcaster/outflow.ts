import type { Clock } from '../time/clock';

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
  readonly #safe: () => Promise<void> | undefined;
  #waiting = new Set<Flushable>();
  /** When the flush that is under way began. */
  #flushingSince: number | undefined = undefined;

  /** @param safe resolves when what was sent outlives the process. Default: it need not. */
  constructor(
    clock: Clock,
    onError: (error: unknown) => void,
    safe: () => Promise<void> | undefined = () => undefined,
  ) {
    this.#clock = clock;
    this.#onError = onError;
    this.#safe = safe;
  }

  /**
   * The time, in milliseconds since the epoch; all that is done in one flush is done at the same time, because a thousand
   * connections that are written to are a thousand looks at the clock.
   */
  get now(): number {
    return this.#flushingSince ?? this.#clock.now();
  }

  /** Flushes it at the end of the turn, once. */
  add(flushable: Flushable): void {
    if (this.#waiting.size === 0) this.#clock.soon(() => this.flush());
    this.#waiting.add(flushable);
  }

  /** Resolves, with the time, when all that waits now has been flushed, and is safe. Rejects when it is not safe. */
  written(): Promise<number> {
    const safe = this.#safe();
    const flushed = new Promise<number>((resolve) => {
      if (this.#waiting.size === 0) resolve(this.#clock.now());
      else this.#clock.soon(() => resolve(this.#clock.now()));
    });
    return safe ? Promise.all([flushed, safe]).then(([writtenAt]) => writtenAt) : flushed;
  }

  /** Flushes all that wait, now. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    this.#flushingSince = this.#clock.now();
    try {
      for (const flushable of waiting) this.#flushOne(flushable);
    } finally {
      this.#flushingSince = undefined;
    }
  }

  #flushOne(flushable: Flushable): void {
    try {
      flushable.flush();
    } catch (error) {
      this.#onError(error);
    }
  }
}
