import { RecentBuckets, TokenBucket, type BucketClock } from './token-bucket';

class HandClock implements BucketClock {
  asked = 0;

  constructor(public time: number) {}

  now(): number {
    this.asked++;
    return this.time;
  }
}

/** How many of so many times there was one to take. */
const taken = (bucket: TokenBucket, clock: BucketClock, times: number): number =>
  Array.from({ length: times }, () => bucket.take(clock)).filter(Boolean).length;

describe('A token bucket', () => {
  it.each([3, 64, 5000])(
    'of %d lets so many through at once, and one more whenever the time for it has passed',
    (size) => {
      const clock = new HandClock(10_000);
      const bucket = new TokenBucket({ capacity: size, perMilli: 0.01 });
      expect(taken(bucket, clock, size + 5)).toBe(size);
      clock.time += 250;
      expect(taken(bucket, clock, 5)).toBe(2);
      clock.time += 50;
      expect(taken(bucket, clock, 5)).toBe(1);
      clock.time += 3_600_000;
      expect(taken(bucket, clock, size + 5)).toBe(size);
    },
  );

  it('lets a 32nd more through at most, when a part of it was used long ago', () => {
    const clock = new HandClock(10_000);
    const bucket = new TokenBucket({ capacity: 3200, perMilli: 1 });
    taken(bucket, clock, 1);
    clock.time += 3_600_000;
    expect(taken(bucket, clock, 10_000)).toBe(3299);
  });

  it('reads the time a few times for many messages', () => {
    const clock = new HandClock(10_000);
    taken(new TokenBucket({ capacity: 3200, perMilli: 1 }), clock, 3200);
    expect(clock.asked).toBe(32);
  });

  it('gives nothing for a clock that was set back, goes on from there, and lets one through however small it is', () => {
    const clock = new HandClock(1000);
    const bucket = new TokenBucket({ capacity: 0.5, perMilli: 0.0005 });
    const at = (time: number): boolean => {
      clock.time = time;
      return bucket.take(clock);
    };
    expect([1000, 1000, 0, 1999, 2000].map(at)).toEqual([true, false, false, false, true]);
  });
});

describe('The memory of addresses', () => {
  it('is bounded; who was seen longest ago is forgotten', () => {
    const buckets = new RecentBuckets(2, { capacity: 1, perMilli: 0.001 });
    const [a] = ['a', 'b'].map((name) => buckets.of(name));
    expect(buckets.of('a')).toBe(a);
    buckets.of('c');
    expect(buckets.size).toBe(2);
    expect(buckets.of('a')).toBe(a);
  });
});
