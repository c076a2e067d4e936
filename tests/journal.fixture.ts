/** What happened, in order, and a way to wait until something has. */
export class Journal<T> {
  readonly entries: T[] = [];
  readonly #checks = new Set<() => void>();

  get length(): number {
    return this.entries.length;
  }

  push(entry: T): void {
    this.entries.push(entry);
    for (const check of [...this.#checks]) check();
  }

  /** Resolves as soon as the condition holds; rejects, with what did happen, when that takes too long. */
  until(condition: (entries: readonly T[]) => boolean, what: string, millis = 12_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#checks.delete(check);
      };
      const check = (): void => {
        if (!condition(this.entries)) return;
        done();
        resolve();
      };
      const timer = setTimeout(() => {
        done();
        const seen = JSON.stringify(this.entries.slice(-20)) ?? '';
        reject(new Error(`${what}: not after ${millis} ms. ${this.length} entries, the last: ${seen.slice(0, 2000)}`));
      }, millis);
      this.#checks.add(check);
      check();
    });
  }
}

/** Time for something that must not happen. */
export function quiet(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

/** Waits for a condition that no event announces. */
export async function eventually(condition: () => boolean, what: string, millis = 12_000): Promise<void> {
  const deadline = Date.now() + millis;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what}: not after ${millis} ms`);
    await quiet(2);
  }
}
