import { Alarm, type Timers } from '../time/timers';

/** What a heartbeat looks at. */
export interface Written {
  readonly parts: { readonly timers: Timers; readonly now: () => number; readonly lastSequence: () => number };
  /** Told of the next write, and of none after it until it asks again. */
  awaits: Pick<Heartbeat, 'wrote'> | undefined;
  /** When something was last published that reached the connection, in milliseconds since the epoch. */
  readonly lastPublish: number;
  /** What is written to; undefined while there is nothing. */
  readonly connection: unknown;
}

/** Something was written: tells who has asked. */
export function noteWrite(written: Written): void {
  const { awaits } = written;
  if (!awaits) return;
  written.awaits = undefined;
  awaits.wrote();
}

/** How often within an interval is looked while there is something to see: so much of the interval a heartbeat may be late. */
const LOOKS = 8;

/**
 * Sends whenever nothing was written for a whole interval, an eighth of it later at most, and a tenth for the timers. A write
 * costs a look at one field, and none at the clock. While a connection is idle nothing is looked at before the heartbeat is
 * due: a write is told, once, and from then on it is looked, eight times per interval, until there was none between two looks.
 * Polls that follow each other are as one connection. Of ten thousand that are idle none is in a cache: while nobody sends
 * anything a heartbeat looks at nothing but itself, what it is written to, and the connection.
 */
export abstract class Heartbeat extends Alarm {
  private state: 'stopped' | 'looks' | 'rests' = 'stopped';
  /** Number of the newest message of all when it began to rest. */
  private seen = -1;

  constructor(protected readonly written: Written) {
    super();
  }

  /** For how long nothing may be written, in milliseconds; 0: for ever. */
  protected abstract readonly interval: number;

  /** Sends a heartbeat, without `noteWrite`: that is no write to look after. */
  abstract send(): void;

  /** The first interval begins. */
  start(): void {
    if (this.interval > 0) this.rest(this.interval);
    else this.stop();
  }

  stop(): void {
    this.state = 'stopped';
    this.written.parts.timers.cancel(this);
  }

  /** Something was written. @internal */
  wrote(): void {
    if (this.state === 'rests') this.look();
  }

  /** @internal */
  ring(): void {
    const { interval, written } = this;
    // It went on without a connection, because polls follow each other; this time none did.
    if (written.connection === undefined) return this.stop();
    const { now, lastSequence } = written.parts;
    if (this.state === 'rests' && this.seen === lastSequence()) return this.beat(interval);
    // A broadcast by way of a native group tells no heartbeat.
    // A clock that was set back must not make it later.
    const left = Math.min(written.lastPublish + interval - now(), interval);
    if (this.state === 'looks') {
      if (written.awaits === this) this.rest(Math.max(left, interval - interval / LOOKS));
      else this.look();
    } else if (left > 0) this.rest(left);
    else this.beat(interval);
  }

  private beat(interval: number): void {
    this.send();
    // What was sent may have ended the connection, or begun another.
    if (this.state === 'rests') this.rest(interval);
  }

  private look(): void {
    this.state = 'looks';
    this.written.awaits = this;
    this.written.parts.timers.set(this, this.interval / LOOKS);
  }

  private rest(millis: number): void {
    const { written } = this;
    const { timers, lastSequence } = written.parts;
    this.state = 'rests';
    this.seen = lastSequence();
    // Written only when it differs: of what is idle, little is in a cache.
    if (written.awaits !== this) written.awaits = this;
    timers.set(this, millis);
  }
}
