import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { Failure, type FailureMessage } from '@ionosphere/core';

/** Trailers that tell a failure beyond its status: the code, and the form that all transports have. */
export const Trailer = { code: 'x-atmosphere-error', failure: 'x-atmosphere-failure-bin' } as const;

/** How a call ends that failed (PROTOCOL.md, "Failures"). */
export function statusOf(failure: Failure): StatusObject {
  const metadata = new Metadata();
  metadata.set(Trailer.code, failure.code);
  metadata.set(Trailer.failure, Buffer.from(JSON.stringify(failure)));
  // The library percent-encodes it, which half a surrogate pair does not bear.
  return { code: failure.row.grpc, details: failure.message.toWellFormed(), metadata };
}

/** The failure with which a server of ours has ended a call; undefined for any other end. */
export function failureOf({ metadata }: Pick<StatusObject, 'metadata'>): Failure | undefined {
  const [bytes] = metadata.get(Trailer.failure);
  if (bytes === undefined) return undefined;
  const { code, message, details } = (JSON.parse(bytes.toString()) as FailureMessage).error;
  return new Failure(code, message, { details });
}
