import type { Failure, Resource } from '@ionosphere/core';
import { encodeMessage, MessageType } from './message';

/** What was asked for is done. */
export function acknowledgement(topic: string, trackingId: string, headers?: ReadonlyMap<string, string>): Buffer {
  return encodeMessage({ type: MessageType.ACK, topic, trackingId, headers });
}

/** What a new subscriber is told besides its id. */
export function greetingOf({ endpoint, request, recovery }: Resource, epoch: string): ReadonlyMap<string, string> {
  const { clientSeconds } = endpoint.service.heartbeat(request);
  return new Map([
    ['heartbeat-millis', String(clientSeconds * 1000)],
    ['epoch', epoch],
    // Who says where it is knows better.
    ...(request.wire.position ? [] : [['offset', String(recovery.position)] as const]),
  ]);
}

/** The failure in its one form as text, and what a program asks first as headers. */
export function errorMessage(failure: Failure, topic: string, trackingId: string): Buffer {
  const headers = new Map([
    ['code', failure.code],
    ['status', String(failure.row.grpc)],
    ['retry', String(failure.row.retry)],
  ]);
  return encodeMessage({ type: MessageType.ERROR, topic, trackingId, headers, payload: JSON.stringify(failure) });
}
