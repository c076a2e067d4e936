import type { Outflow } from './outflow';

/** What became of a broadcast. */
export interface DeliveryReport {
  /** How many resources it was sent to: those that are away get it when they are back. */
  readonly receivers: number;
  /** When it was written to those that are connected, in milliseconds since the epoch. */
  readonly writtenAt: number;
}

/**
 * A broadcast on its way. `receivers` is known at once; `await` it to know when it was written. With a store the wait is
 * for the promise that no receiver loses it, and ends with the failure `not-stored` when that can't be given. Costs next to
 * nothing when nobody waits for it.
 */
export class Delivery implements PromiseLike<DeliveryReport> {
  readonly #outflow: Outflow;

  constructor(
    /** How many resources it is sent to, those that are away included; 0 when a filter dropped it. */
    readonly receivers: number,
    outflow: Outflow,
  ) {
    this.#outflow = outflow;
  }

  then<A = DeliveryReport, B = never>(
    onWritten?: ((report: DeliveryReport) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const { receivers } = this;
    return this.#outflow
      .written()
      .then((writtenAt) => ({ receivers, writtenAt }))
      .then(onWritten, onFailed);
  }
}
