/** Holds back who must wait for something to be decided. */
export class Gate {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when the gate opens next. */
  passed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  open(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
