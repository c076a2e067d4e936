import { Alarm, type Timers } from './timers';

/** What tells a heartbeat that something was written. */
export interface Written {
  readonly parts: { readonly timers: Timers; readonly now: () => number };
  /** How many looks in a row saw nothing written. A write sets it to `JUST_WRITTEN`. */
  quiet: number;
  /** When something was last published that reached the connection, in milliseconds since the epoch. */
  readonly lastPublish: number;
}

/** The first look after a write says nothing, because the write may have been just before it. */
export const JUST_WRITTEN = -1;

/** How often within an interval is looked: a heartbeat is an eighth of the interval late, and a tenth for the looks, at most. */
const LOOKS = 8;

/**
 * Sends whenever nothing was written for a whole interval. A write costs one field and no look at the clock: it is the
 * heartbeat that looks, eight times per interval.
 */
export abstract class Heartbeat extends Alarm {
  private millis = 0;

  constructor(protected readonly written: Written) {
    super();
  }

  /** Sends a heartbeat. */
  abstract send(): void;

  /** @param seconds 0 stops. */
  start(seconds: number): void {
    this.millis = seconds * 1000;
    this.written.quiet = 0;
    if (seconds > 0) this.written.parts.timers.set(this, this.millis / LOOKS);
    else this.stop();
  }

  stop(): void {
    this.millis = 0;
    this.written.parts.timers.cancel(this);
  }

  /** @internal */
  ring(): void {
    const { written, millis } = this;
    const { timers, now } = written.parts;
    if (++written.quiet >= LOOKS) {
      const quiet = now() - written.lastPublish >= millis;
      if (quiet) this.send();
      written.quiet = quiet ? 0 : LOOKS - 1;
    }
    // What was sent may have ended the connection, or begun another.
    if (this.millis > 0) timers.set(this, this.millis / LOOKS);
  }
}
