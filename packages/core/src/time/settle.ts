/** A value that is there, or a promise of one. Code that can stay synchronous does. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** Goes on with a value: at once when it is there, later when it is a promise. */
export function after<T, U>(value: MaybePromise<T>, then: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? value.then(then) : then(value);
}

/** Whether a value has to be waited for. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Calls what may throw or reject; either is reported, and nobody waits. Gives what was returned. */
export function reporting<T>(call: () => T, report: (cause: unknown) => void): T | undefined {
  try {
    const result = call();
    if (isPromise(result)) result.then(undefined, report);
    return result;
  } catch (cause) {
    report(cause);
    return undefined;
  }
}
