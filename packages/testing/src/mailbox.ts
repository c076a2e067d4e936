import type { Payload } from '@ionosphere/protocol';

interface Waiting {
  readonly resolve: (payload: Payload) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Messages in the order in which they arrived, and those who wait for the next. */
export class Mailbox {
  /** All that arrived, whether it was read or not. */
  readonly all: Payload[] = [];
  readonly #waiting: Waiting[] = [];
  #read = 0;
  #end: Error | undefined;

  put(payload: Payload): void {
    this.all.push(payload);
    const next = this.#waiting.shift();
    if (!next) return;
    this.#read++;
    clearTimeout(next.timer);
    next.resolve(payload);
  }

  /** Nothing more can arrive: whoever waits is told why. */
  end(reason: Error): void {
    this.#end = reason;
    for (const { timer, reject } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(reason);
    }
  }

  /** More can arrive again. */
  reopen(): void {
    this.#end = undefined;
  }

  /** The next message that was not read. Rejects when none came in time, and says what did come. */
  next(withinMillis: number): Promise<Payload> {
    const payload = this.all[this.#read];
    if (payload !== undefined) {
      this.#read++;
      return Promise.resolve(payload);
    }
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new Error(`No further message within ${withinMillis} ms. ${this.describe()}`));
      }, withinMillis);
      const waiting = { resolve, reject, timer };
      this.#waiting.push(waiting);
    });
  }

  /** What arrived so far, for error messages. */
  describe(): string {
    const { all } = this;
    if (all.length === 0) return 'Nothing has arrived so far.';
    const last = all.slice(-SHOWN).map(show).join(', ');
    const which = all.length > SHOWN ? `the last of ${all.length}` : `${all.length}`;
    return `Arrived so far (${which}; ${this.#read} read): ${last}`;
  }
}

/** How many messages an error shows. */
const SHOWN = 10;

/** How much of a message an error shows, in UTF-16 code units. */
const SHOWN_UNITS = 120;

/** A payload on one short line. */
export function show(payload: Payload): string {
  if (typeof payload !== 'string') return `<${payload.byteLength} bytes>`;
  const rest = payload.length - SHOWN_UNITS;
  return rest > 0 ? `${JSON.stringify(payload.slice(0, SHOWN_UNITS))} and ${rest} more` : JSON.stringify(payload);
}
