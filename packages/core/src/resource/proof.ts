import type { Timer, Timers } from '../time/timers';
import type { Connection, DetachReason } from '../transport';

/** What a proof needs to know. */
export interface ProofParts {
  readonly timers: Timers;
  /** How often it is looked for, in milliseconds. */
  readonly periodMillis: number;
  /** Number of the last message of all that were written; everything before it was written, too. */
  readonly position: () => number;
}

/** In front of the number in the data of a ping, to tell its answer from those to pings of the application. */
const MARK = 'ionosphere:';

/**
 * How much of what was written to a client that acknowledges nothing is proven to have arrived. A WebSocket proves it: what
 * was written before a ping has arrived when the ping is answered (RFC 6455, 5.5.3). A response that goes on proves
 * nothing; what it took a whole period before is taken for proven while it lives. The answer to a poll is taken for proven
 * when it was written whole.
 */
export class Proof {
  readonly #parts: ProofParts;
  /** Number of the last message that is proven to have arrived; -1 while none is. */
  proven = -1;
  #mark = -1;
  #timer: Timer | undefined;

  constructor(parts: ProofParts) {
    this.#parts = parts;
  }

  /** A connection begins. What it is written from the start is not proven by what the last one had taken. */
  start(connection: Connection): void {
    this.#timer?.cancel();
    this.#mark = this.proven;
    if (!connection.transport.oneShot) this.#wait(connection);
  }

  stop(reason: DetachReason): void {
    this.#timer?.cancel();
    if (reason === 'answered') this.proven = this.#parts.position();
  }

  /** A ping was answered; tells whether it was one of these. */
  answered(data: string): boolean {
    if (!data.startsWith(MARK)) return false;
    const sequence = Number(data.slice(MARK.length));
    // A client that makes numbers up harms itself alone, as long as they are numbers.
    if (Number.isInteger(sequence)) this.proven = Math.max(this.proven, Math.min(sequence, this.#parts.position()));
    return true;
  }

  #wait(connection: Connection): void {
    const { timers, periodMillis, position } = this.#parts;
    this.#timer = timers.after(periodMillis, () => {
      const now = position();
      if (connection.sendPing) {
        if (now > this.proven) connection.sendPing(MARK + now);
      } else {
        this.proven = Math.max(this.proven, this.#mark);
        this.#mark = now;
      }
      this.#wait(connection);
    });
  }
}
