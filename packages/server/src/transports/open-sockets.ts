/** How many WebSockets are open, so that a server that ends can let them say goodbye. */
export class OpenSockets {
  #count = 0;
  #emptied: () => void = () => undefined;

  opened(): void {
    this.#count++;
  }

  closed(): void {
    if (--this.#count === 0) this.#emptied();
  }

  /** Resolves when there is none. */
  emptied(): Promise<void> {
    return new Promise((resolve) => {
      this.#emptied = resolve;
      if (this.#count === 0) resolve();
    });
  }
}
