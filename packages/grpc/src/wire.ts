import type { Frame, LogEntry, Payload, Transport, Wire } from '@ionosphere/core';
import { encodeMessage, MessageType } from './message';

/** The server lives. One for all, so that it is known again. */
export const HEARTBEAT = encodeMessage({ type: MessageType.HEARTBEAT });

/** What stands in front of the topic of a delivery, behind its type. */
const TOPIC_AT = 2;
const TOPIC_TAG = 18;

/** Whether a delivery says which topic it is of; what was sent to one resource alone does not. */
export function hasTopic(frame: Uint8Array): boolean {
  return frame[TOPIC_AT] === TOPIC_TAG;
}

/** Messages are encoded once for all streams: the bytes hold what is the same for all. */
function encode(payload: Payload, entry?: LogEntry): Frame {
  if (!entry) return HEARTBEAT;
  const headers = new Map([['offset', String(entry.sequence)]]);
  return encodeMessage({ type: MessageType.MESSAGE, topic: entry.topic, payload, headers });
}

const wire: Wire = { name: 'grpc', binary: true, boundary: 'message', encode };

const common = { name: 'grpc', oneShot: false, handshake: false, tellsFailures: true, wire } as const;

/** `Stream`: messages both ways. */
export const bothWays: Transport = { ...common, duplex: true };

/** `Subscribe`: the client's messages come by `Send`. */
export const oneWay: Transport = { ...common, duplex: false };
