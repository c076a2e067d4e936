import { Backoff } from './backoff';
import { retryAfterMillis, retryMillisOf } from './retry-hint';

const settings = { retrySeconds: 0.5, maxRetrySeconds: 30 };

describe('The wait before another try', () => {
  it('doubles up to the longest, and is spread over half of itself', () => {
    const least = new Backoff(settings, () => 0);
    const most = new Backoff(settings, () => 1);
    expect(Array.from({ length: 8 }, () => least.next())).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(Array.from({ length: 8 }, () => most.next())).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('begins anew after a success', () => {
    const backoff = new Backoff(settings, () => 1);
    backoff.next();
    backoff.next();
    backoff.succeeded();
    expect(backoff.next()).toBe(500);
  });

  it('is never shorter than the server asks, and does not end for all at once', () => {
    const backoff = new Backoff(settings, () => 0);
    backoff.hint(10_000);
    expect(backoff.next()).toBe(10_000);
    expect(backoff.next()).toBe(500);
    const other = new Backoff(settings, () => 1);
    other.hint(10_000);
    expect(other.next()).toBe(15_000);
  });
});

describe('A hint of the server', () => {
  it.each([
    ['7', 7000],
    [new Date(60_000).toUTCString(), 59_000],
    [new Date(0).toUTCString(), 0],
    ['soon', undefined],
    [null, undefined],
  ])('by the header Retry-After: %p is %p ms', (header, millis) => expect(retryAfterMillis(header, 1000)).toBe(millis));

  it.each([
    ['The server is stopping. retry-after=1.374', 1374],
    ['retry-after=3', 3000],
    ['The server is stopping.', undefined],
  ])('by the reason of a close: %p is %p ms', (reason, millis) => expect(retryMillisOf(reason)).toBe(millis));
});
