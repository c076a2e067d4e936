/** Time, as the framework sees it. Tests give one that they move by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fn` once, when the time has passed; gives the function that calls it off. Must not keep the process alive. */
  after(millis: number, fn: () => void): () => void;
  /** Calls `fn` once in a macrotask of its own, after the code that runs now and its microtasks. */
  soon(fn: () => void): void;
}

// Both are getters, and the time is asked for with every message.
const { performance } = globalThis;
const { timeOrigin } = performance;

/**
 * The clock on the wall as it was when the process began, and from then on one that nobody sets: a wall clock that is put an
 * hour forward would end every wait, and what clients have proven by the time would be no proof.
 */
export const systemClock: Clock = {
  now: () => Math.floor(timeOrigin + performance.now()),
  after(millis, fn) {
    const timer = setTimeout(fn, millis);
    timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (fn) => void setImmediate(fn),
};
