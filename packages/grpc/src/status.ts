import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { Failure } from '@ionosphere/core';
import { retryHint } from './answers';

/** Trailers that tell a failure beyond its status: the code, and the form that all transports have. */
export const Trailer = { code: 'x-atmosphere-error', failure: 'x-atmosphere-failure-bin' } as const;

/** Clients take 8 KiB of trailers in all, and end a call with another failure when there are more. */
const MAX_FORM_BYTES = 3000;
const MAX_TEXT_LENGTH = 500;

/** How a call ends that failed (PROTOCOL.md, "Failures"). */
export function statusOf(failure: Failure): StatusObject {
  const metadata = new Metadata();
  metadata.set(Trailer.code, failure.code);
  metadata.set(Trailer.failure, formOf(failure));
  for (const [name, millis] of retryHint(failure)) metadata.set(name, millis);
  return { code: failure.row.grpc, details: textOf(failure), metadata };
}

/** The trailers as text. */
export function trailersOf(failure: Failure): (readonly [name: string, value: string])[] {
  return [[Trailer.code, failure.code], [Trailer.failure, formOf(failure).toString('base64')], ...retryHint(failure)];
}

/** What is said of a failure to people. It is percent-encoded later, which half a surrogate pair does not bear. */
export function textOf({ message }: Failure): string {
  const text = message.length > MAX_TEXT_LENGTH ? `${message.slice(0, MAX_TEXT_LENGTH)} ...` : message;
  return text.toWellFormed();
}

/** The one form that failures have; without its details where they are too many. */
function formOf(failure: Failure): Buffer {
  const form = Buffer.from(JSON.stringify(failure));
  if (form.length <= MAX_FORM_BYTES) return form;
  return Buffer.from(JSON.stringify(new Failure(failure.code, textOf(failure))));
}
