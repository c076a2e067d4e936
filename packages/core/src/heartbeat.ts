import type { Timer, Timers } from './timers';

/** What a heartbeat needs to know. */
export interface HeartbeatParts {
  readonly timers: Timers;
  readonly now: () => number;
  /** When something was last written, by anyone, in milliseconds since the epoch. */
  readonly lastWrite: () => number;
  readonly send: () => void;
}

/** Calls `send` whenever nothing was written for a whole interval. Looks at the clock once per interval, not per write. */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #timer: Timer | undefined;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** @param seconds 0 stops. */
  start(seconds: number): void {
    this.stop();
    if (seconds > 0) this.#wait(seconds * 1000, seconds * 1000);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(millis: number, interval: number): void {
    const { timers, now, lastWrite, send } = this.#parts;
    const timer = timers.after(millis, () => {
      const rest = interval - (now() - lastWrite());
      if (rest <= 0) send();
      // The write may have ended the connection, or begun another.
      if (this.#timer === timer) this.#wait(rest > 0 ? rest : interval, interval);
    });
    this.#timer = timer;
  }
}
