import { memoryOf, type Failure, type Request, type Resource } from '@ionosphere/core';
import { encodeMessage, MessageType } from './message';

/** What was asked for is done. */
export function acknowledgement(topic: string, trackingId: string, headers?: ReadonlyMap<string, string>): Buffer {
  return encodeMessage({ type: MessageType.ACK, topic, trackingId, headers });
}

/** What a new subscriber is told besides its id. */
export function greetingOf(resource: Resource, request: Request, epoch: string): ReadonlyMap<string, string> {
  const { clientSeconds } = resource.endpoint.service.heartbeat(request);
  const memory = memoryOf(resource, request);
  const { position } = request.wire;
  // Who says where it is in this numbering knows better.
  const offset = position?.epoch === epoch ? undefined : resource.recovery.placeOf(request);
  return new Map([
    ['heartbeat-millis', String(clientSeconds * 1000)],
    ['epoch', epoch],
    ...(offset === undefined ? [] : [['offset', String(offset)] as const]),
    ...(memory === undefined ? [] : [['memory', memory] as const]),
  ]);
}

/** The failure in its one form as text, and what a program asks first as headers. */
export function errorMessage(failure: Failure, topic: string, trackingId: string): Buffer {
  const headers = new Map([
    ['code', failure.code],
    ['status', String(failure.row.grpc)],
    ['retry', String(failure.row.retry)],
    ...retryHint(failure),
  ]);
  return encodeMessage({ type: MessageType.ERROR, topic, trackingId, headers, payload: JSON.stringify(failure) });
}

/** How long the client is asked to wait, where it is: the name is that of gRPC (gRFC A6, "Pushback"), in milliseconds. */
export function retryHint({ retryAfterSeconds }: Failure): [name: string, millis: string][] {
  return retryAfterSeconds === undefined ? [] : [[RETRY_HINT, String(Math.ceil(retryAfterSeconds * 1000))]];
}

export const RETRY_HINT = 'grpc-retry-pushback-ms';
