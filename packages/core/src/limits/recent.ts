/**
 * What was put in lately, so that nobody can make it grow: at most so many, of which the newer half is there for certain. It
 * is kept in two halves, and the older one is forgotten as a whole: a `Map` from which the oldest is taken each time walks
 * over the places of all that have gone.
 */
export class Recent<T, K = string> {
  readonly #half: number;
  #newer = new Map<K, T>();
  #older = new Map<K, T>();

  /** @param most how many there may be. */
  constructor(most: number) {
    this.#half = Math.max(1, Math.floor(most / 2));
  }

  get size(): number {
    return this.#newer.size + this.#older.size;
  }

  get(key: K): T | undefined {
    return this.#newer.get(key) ?? this.#older.get(key);
  }

  /** Gives what was put in; it is the newest from then on. */
  renew(key: K): T | undefined {
    const value = this.#newer.get(key);
    if (value !== undefined) return value;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  has(key: K): boolean {
    return this.#newer.has(key) || this.#older.has(key);
  }

  /** Puts in one that is the newest from then on. */
  set(key: K, value: T): void {
    this.#older.delete(key);
    if (this.#newer.size >= this.#half && !this.#newer.has(key)) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, value);
  }

  /** Whether it was there; it is not any more. */
  delete(key: K): boolean {
    return this.#newer.delete(key) || this.#older.delete(key);
  }
}
