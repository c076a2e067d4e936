import { copyOf } from '@ionosphere/core';
import { isTrackingId } from '@ionosphere/protocol';

/** How many threads there may be: two digits of an id tell which it is of. */
export const MOST_THREADS = 256;

/** Where the digits are: at the end of the id, among those that are random (RFC 9562, 5.4); 114 others stay so. */
const DIGITS = 34;

/** A new tracking id, which tells in which thread its resource lives. A copy, because the pieces would stay. */
export function idOf(thread: number): string {
  return copyOf(crypto.randomUUID().slice(0, DIGITS) + thread.toString(16).padStart(2, '0'));
}

/** The thread that an id was minted in, if it was in one of so many; any other id was not minted here. */
export function homeOf(trackingId: string | undefined, threads: number): number | undefined {
  if (trackingId === undefined || !isTrackingId(trackingId)) return undefined;
  const thread = Number.parseInt(trackingId.slice(DIGITS), 16);
  return thread < threads ? thread : undefined;
}
