import type { Resource } from '@ionosphere/server';
import { EventRecord } from './event-record';

const resource = { uuid: 'u', transport: 'sse', endpoint: { path: '/echo' } } as unknown as Resource;

test('events are given from a number on, and the oldest are forgotten', () => {
  const record = new EventRecord(10);
  const numbers = (since: number): number[] => record.since(since).map(({ seq }) => seq);
  for (let n = 0; n < 3; n++) record.add('error', resource);
  expect([numbers(0), numbers(2), numbers(3), numbers(9)]).toEqual([[1, 2, 3], [3], [], []]);
  for (let n = 0; n < 1000; n++) record.add('error', resource);
  expect(numbers(1000)).toEqual([1001, 1002, 1003]);
  expect(numbers(0).length).toBeGreaterThanOrEqual(10);
  expect(numbers(0).length).toBeLessThan(20);
});
