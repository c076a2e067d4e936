import type { Outflow } from '../broadcaster/outflow';
import type { Owed } from './owed';

/** How much of what was sent to one resource alone waits: for who sends no faster than its client takes. */
export class Drain {
  readonly #owed: Owed;
  readonly #outflow: Outflow;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #ended = false;

  constructor(owed: Owed, outflow: Outflow) {
    this.#owed = owed;
    this.#outflow = outflow;
  }

  /** How many messages wait to be written. */
  get size(): number {
    return this.#ended ? 0 : this.#owed.ownSize;
  }

  /** Resolves when fewer messages than that wait, or when the resource has ended. */
  below(count: number): Promise<void> {
    if (this.size < count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Resolves at the end of the turn: for who sends much, and lets others have theirs. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#outflow.add({ flush: resolve }));
  }

  /** Something was written. */
  moved(): void {
    const { size } = this;
    for (const one of this.#waiting) if (size < one.count) one.resolve();
    this.#waiting = this.#waiting.filter(({ count }) => size >= count);
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#ended = true;
    this.moved();
  }
}
