/**
 * Memory that all threads share: a lock, how many wait for it, the number of the last ticket, whether all is to end, and a
 * state per thread.
 */
const LOCK = 0;
const WAITING = 1;
const TICKET = 2;
const ENDING = 3;
const FIRST_STATE = 4;

const FREE = 0;
const TAKEN = 1;

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
  /** Whether this thread is the one that is inside. */
  #inside = false;

  constructor(shared: Int32Array) {
    this.#shared = shared;
  }

  /** Memory for so many threads. */
  static memory(threads: number): Int32Array {
    return new Int32Array(new SharedArrayBuffer((FIRST_STATE + threads) * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Number of the last ticket. It wraps around. */
  get last(): number {
    return Atomics.load(this.#shared, TICKET);
  }

  /**
   * Keeps all other threads from entering until it leaves, which must be soon. Tells whether it entered: a thread that is
   * inside already does not, and does not leave.
   */
  enter(): boolean {
    if (this.#inside) return false;
    this.#lock();
    return (this.#inside = true);
  }

  /** Calls `act` with the next ticket, and gives it. There is no such ticket if it throws. The thread must be inside. */
  pass(act: (ticket: number) => void): number {
    const ticket = (this.last + 1) | 0;
    act(ticket);
    Atomics.store(this.#shared, TICKET, ticket);
    return ticket;
  }

  /** Lets the others in. For a thread as well that ends while it is inside. */
  leave(): void {
    if (!this.#inside) return;
    this.#inside = false;
    Atomics.store(this.#shared, LOCK, FREE);
    if (Atomics.load(this.#shared, WAITING) > 0) Atomics.notify(this.#shared, LOCK, 1);
  }

  #lock(): void {
    for (let tries = 0; Atomics.compareExchange(this.#shared, LOCK, FREE, TAKEN) !== FREE; tries++) {
      if (tries > SPINS) this.#nap();
    }
  }

  #nap(): void {
    Atomics.add(this.#shared, WAITING, 1);
    Atomics.wait(this.#shared, LOCK, TAKEN, NAP);
    Atomics.sub(this.#shared, WAITING, 1);
  }
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
