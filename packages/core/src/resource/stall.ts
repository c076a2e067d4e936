import type { Timer, Timers } from '../time/timers';

/** What is known of a connection that is full. */
export interface StallParts {
  readonly timers: Timers;
  readonly now: () => number;
  /** How long it may be full without progress, in milliseconds. */
  readonly limitMillis: number;
  /** Whether it is to end before. */
  readonly isOver: () => boolean;
}

/** How often a full connection is looked at, in milliseconds. */
const LOOK_MILLIS = 1000;

/** Watches a connection that is full: a peer that does not read at all would hold its memory for ever. */
export class Stall {
  readonly #parts: StallParts;
  #since: number;
  #timer: Timer | undefined;

  constructor(parts: StallParts) {
    this.#parts = parts;
    this.#since = parts.now();
  }

  /** Calls `overrun` when it has lasted too long. */
  start(overrun: () => void): void {
    const { timers, now, limitMillis, isOver } = this.#parts;
    this.#timer = timers.after(Math.min(LOOK_MILLIS, limitMillis), () => {
      if (now() - this.#since >= limitMillis || isOver()) overrun();
      else this.start(overrun);
    });
  }

  /** The peer has read something. */
  moved(): void {
    this.#since = this.#parts.now();
  }

  end(): void {
    this.#timer?.cancel();
  }
}
