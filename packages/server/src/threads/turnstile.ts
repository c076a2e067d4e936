/** Memory that all threads share: a lock, the number of the last ticket, whether all is to end, and a state per thread. */
const LOCK = 0;
const TICKET = 1;
const ENDING = 2;
const FIRST_STATE = 3;

/** How long a thread sleeps at most before it tries again to get the lock, in milliseconds. */
const NAP = 1;

/** How often it tries before it sleeps: whoever has the lock has it for microseconds. */
const SPINS = 200;

/** What a thread has told of itself. */
export const enum ThreadState {
  Serving = 0,
  /** Its connections have been handed out for the last time: it may end. */
  Released = 1,
  /** It has closed what would abort the process. */
  Closed = 2,
}

/** Lets one thread at a time through, each with the next number: so all see in the same order what is done there. */
export class Turnstile {
  readonly #shared: Int32Array;
  readonly #mark: number;

  /** @param thread number of this thread */
  constructor(shared: Int32Array, thread: number) {
    this.#shared = shared;
    this.#mark = thread + 1;
  }

  /** Memory for so many threads. */
  static memory(threads: number): Int32Array {
    return new Int32Array(new SharedArrayBuffer((FIRST_STATE + threads) * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Number of the last ticket. It wraps around. */
  get last(): number {
    return Atomics.load(this.#shared, TICKET);
  }

  /** Runs `act`, which must be short and must not call back, with a ticket; gives the ticket. */
  pass(act: (ticket: number) => void): number {
    this.#lock();
    try {
      const ticket = (Atomics.add(this.#shared, TICKET, 1) + 1) | 0;
      act(ticket);
      return ticket;
    } finally {
      Atomics.store(this.#shared, LOCK, 0);
      Atomics.notify(this.#shared, LOCK, 1);
    }
  }

  #lock(): void {
    for (let tries = 0; ; tries++) {
      const holder = Atomics.compareExchange(this.#shared, LOCK, 0, this.#mark);
      if (holder === 0) return;
      if (tries > SPINS) Atomics.wait(this.#shared, LOCK, holder, NAP);
    }
  }
}

/** Whether one ticket was given out before another one. */
export function isBefore(one: number, other: number): boolean {
  return ((one - other) | 0) < 0;
}

/** What threads that end tell each other while nobody can read messages. */
export class Endings {
  constructor(private readonly shared: Int32Array) {}

  /** Whether the process ends, so that nobody answers any more. */
  get all(): boolean {
    return Atomics.load(this.shared, ENDING) === 1;
  }

  endAll(): void {
    Atomics.store(this.shared, ENDING, 1);
  }

  set(thread: number, state: ThreadState): void {
    Atomics.store(this.shared, FIRST_STATE + thread, state);
    Atomics.notify(this.shared, FIRST_STATE + thread);
  }

  /** Blocks until the thread has another state than this one, or the time is over. */
  leave(thread: number, state: ThreadState, millis: number): void {
    Atomics.wait(this.shared, FIRST_STATE + thread, state, millis);
  }
}
