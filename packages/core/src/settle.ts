/** A value that is there, or a promise of one. Code that can stay synchronous does. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** Whether a value has to be waited for. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
