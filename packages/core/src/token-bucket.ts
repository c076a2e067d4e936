/** So many at once, and one more whenever the time for it has passed. */
export class TokenBucket {
  #tokens: number;
  #at = 0;

  /**
   * @param capacity how many at once; at least one is let through
   * @param perMilli how many come back in a millisecond
   */
  constructor(
    private readonly capacity: number,
    private readonly perMilli: number,
  ) {
    this.#tokens = Math.max(1, capacity);
  }

  /** Takes one, if there is one. */
  take(now: number): boolean {
    // A clock that was set back gives nothing.
    const gained = Math.max(0, now - this.#at) * this.perMilli;
    this.#tokens = Math.min(Math.max(1, this.capacity), this.#tokens + gained);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** A bucket for each of those who were seen last. */
export class RecentBuckets {
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(
    private readonly max: number,
    private readonly capacity: number,
    private readonly perMilli: number,
  ) {}

  get size(): number {
    return this.#buckets.size;
  }

  of(name: string): TokenBucket {
    const bucket = this.#buckets.get(name) ?? new TokenBucket(this.capacity, this.perMilli);
    // Put in anew, it is the youngest.
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.max) break;
      this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
