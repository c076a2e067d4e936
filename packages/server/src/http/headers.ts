import { validateHeaderName, validateHeaderValue } from 'node:http';
import { Failure } from '@ionosphere/core';

/** A response header. */
export type HeaderPair = readonly [name: string, value: string];

/** The type that is said is the type: text of a client must not be taken for a page. */
export const noSniff: HeaderPair = ['X-Content-Type-Options', 'nosniff'];

/** Whether two names of headers, which have no case, are the same. Nearly all differ in length, which is cheaper to see. */
export function sameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

/** Throws a `TypeError` on what would end the header, and begin another one. */
export function checkHeader(name: string, value: string): void {
  validateHeaderName(name);
  validateHeaderValue(name, value);
}

/** Values of a request's header that came more than once (RFC 9110, 5.3; RFC 9113, 8.2.3 for cookies). */
export function joined(name: string, known: string | undefined, value: string): string {
  return known === undefined ? value : `${known}${name === 'cookie' ? ';' : ','} ${value}`;
}

/** Whether a request says one length, or none; an empty one, which the library takes for 0, is neither (RFC 9112, 6.3). */
export function hasOneLength(headers: ReadonlyMap<string, string>): boolean {
  const length = headers.get('content-length');
  return length === undefined || /^\d+$/.test(length);
}

/**
 * Throws `bad-request` when a proxy in front may read another length than the library, which takes the first of several,
 * and every coding for chunks: a client could smuggle a request past the proxy (RFC 9112, 11.2).
 */
export function checkLength(headers: ReadonlyMap<string, string>): void {
  if (!hasOneLength(headers)) throw new Failure('bad-request', 'Content-Length must be one number.');
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    throw new Failure('bad-request', 'Transfer-Encoding must be chunked.');
}

/** After how many seconds a client may try again that was refused for a time, by the status of its answer. */
const retrySeconds: Readonly<Record<number, string>> = { 429: '1', 503: '5' };

/** The same for one failure, which may know better; in whole seconds (RFC 9110, 10.2.3). */
export function retryAfter({ retryAfterSeconds, row }: Failure): string | undefined {
  if (retryAfterSeconds !== undefined) return String(Math.ceil(retryAfterSeconds));
  return row.retry ? retrySeconds[row.status] : undefined;
}
