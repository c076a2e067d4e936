import { Recent } from './recent';

/** Where a bucket reads the time. */
export interface BucketClock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** So many at once, and more as time goes by. */
export interface Rate {
  /** How many at once; at least one is let through. */
  readonly capacity: number;
  /** How many come back in a millisecond. */
  readonly perMilli: number;
}

/** How many times a full bucket is looked into before it is empty; in between, the time is not read. */
const LOOKS = 32;

/** So many at once, and one more whenever the time for it has passed. To take one costs a comparison and a subtraction. */
export class TokenBucket {
  /** What is there besides `#inHand`, at the time `#at`. */
  #level: number;
  #at = 0;
  /** What was taken out, and is given away without a look at the clock. It may come on top of a full bucket: a 32nd of it. */
  #inHand = 0;

  constructor(private readonly rate: Rate) {
    this.#level = Math.max(1, rate.capacity);
  }

  /** Takes one, if there is one. */
  take(clock: BucketClock): boolean {
    if (this.#inHand < 1 && !this.#look(clock.now())) return false;
    this.#inHand -= 1;
    return true;
  }

  /** A clock that was set back gives nothing. */
  #look(now: number): boolean {
    const capacity = Math.max(1, this.rate.capacity);
    const gained = Math.max(0, now - this.#at) * this.rate.perMilli;
    this.#level = Math.min(capacity, this.#level + gained);
    this.#at = now;
    this.#inHand = Math.min(Math.floor(this.#level), Math.max(1, Math.floor(capacity / LOOKS)));
    this.#level -= this.#inHand;
    return this.#inHand > 0;
  }
}

/** A bucket for each of those who were seen last. */
export class RecentBuckets {
  readonly #buckets: Recent<TokenBucket>;

  constructor(
    max: number,
    private readonly rate: Rate,
  ) {
    this.#buckets = new Recent(max);
  }

  get size(): number {
    return this.#buckets.size;
  }

  of(name: string): TokenBucket {
    const known = this.#buckets.renew(name);
    if (known) return known;
    const bucket = new TokenBucket(this.rate);
    this.#buckets.set(name, bucket);
    return bucket;
  }
}
