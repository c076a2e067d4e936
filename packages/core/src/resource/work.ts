import { isPromise, type MaybePromise } from '../time/settle';

/** Asynchronous work that nobody else waits for. */
export class Work {
  readonly #running = new Set<PromiseLike<unknown>>();

  /** Passes an outcome on, at once when it is there. What is rejected goes nowhere: whoever made it has reported it. */
  track<T>(outcome: MaybePromise<T>, then?: (value: T) => void): void {
    if (!isPromise(outcome)) return then?.(outcome);
    const work = outcome.then(
      (value) => {
        this.#running.delete(work);
        then?.(value);
      },
      () => void this.#running.delete(work),
    );
    this.#running.add(work);
  }

  /** Resolves when none is running. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }
}
