/** Time, as the framework sees it. Tests give one that they move by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fn` again and again; gives the function that ends it. Must not keep the process alive. */
  every(millis: number, fn: () => void): () => void;
  /** Calls `fn` once in a macrotask of its own, after the code that runs now and its microtasks. */
  soon(fn: () => void): void;
}

/** The clock on the wall. */
export const systemClock: Clock = {
  now: () => Date.now(),
  every(millis, fn) {
    const timer = setInterval(fn, millis);
    timer.unref();
    return () => clearInterval(timer);
  },
  soon: (fn) => void setImmediate(fn),
};
