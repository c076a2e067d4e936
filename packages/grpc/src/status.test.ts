import { Failure } from '@ionosphere/core';
import { statusOf, trailersOf } from './status';

describe('A status', () => {
  it('tells the failure in its one form, and when to come back', () => {
    const failure = new Failure('stopping', 'Soon.', { retryAfterSeconds: 1.2345 });
    const { code, details, metadata } = statusOf(failure);
    expect([code, details]).toEqual([14, 'Soon.']);
    const [form] = metadata.get('x-atmosphere-failure-bin');
    expect(JSON.parse(String(form))).toEqual(JSON.parse(JSON.stringify(failure)));
    expect(metadata.get('x-atmosphere-error')).toEqual(['stopping']);
    expect(metadata.get('grpc-retry-pushback-ms')).toEqual(['1235']);
    expect(new Map(trailersOf(failure)).get('grpc-retry-pushback-ms')).toBe('1235');
  });

  it('has room in the trailers, however much there is to say', () => {
    const detail = { property: 'p', rule: 'r', message: 'm'.repeat(100) };
    const failure = new Failure('invalid-message', '\ud800'.repeat(10_000), { details: Array(1000).fill(detail) });
    const { details, metadata } = statusOf(failure);
    expect(details.length).toBeLessThan(600);
    expect(details.isWellFormed()).toBe(true);
    const [form] = metadata.get('x-atmosphere-failure-bin');
    expect(form?.length).toBeLessThan(3000);
    expect(JSON.parse(String(form)).error).toMatchObject({ code: 'invalid-message', retry: false });
    // A header of HTTP/1.1 has what a trailer has.
    expect(trailersOf(failure).every(([, value]) => /^[\x20-\x7e]*$/.test(value))).toBe(true);
  });
});
