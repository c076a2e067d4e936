import type { Frame, LogEntry, Payload, Transport, Wire } from '@ionosphere/core';
import { parseGapNotice } from '@ionosphere/protocol';
import { Deliveries } from './delivery';
import { Groups } from './groups';
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

/** How connections of an app are made. */
export interface Transports {
  /** `Stream`: messages both ways. */
  readonly bothWays: Transport;
  /** `Subscribe`: the client's messages come by `Send`. */
  readonly oneWay: Transport;
  /** Who of both gets what is published. */
  readonly groups: Groups;
}

/** @param epoch of the positions, which every delivery carries */
export function transportsOf(epoch: string): Transports {
  const deliveries = new Deliveries(epoch);
  // Messages are encoded once for all streams: the bytes hold what is the same for all.
  const encode = (payload: Payload, entry?: LogEntry): Frame => {
    if (!entry) return encodeControl(String(payload));
    return deliveries.encode(payload, entry.sequence, entry.topic, entry.reply);
  };
  /** The server lives; perhaps it has lost something of what it had to send. */
  const encodeControl = (text: string): Frame => {
    const sequence = parseGapNotice(text);
    if (sequence === undefined) return HEARTBEAT;
    const headers = { gap: 'true', epoch, offset: String(sequence) };
    return encodeMessage({ type: MessageType.HEARTBEAT, headers: new Map(Object.entries(headers)) });
  };
  const wire: Wire = { name: 'grpc', binary: true, boundary: 'message', encode };
  const groups = new Groups();
  const publish = (topic: string, frame: Frame): void => groups.publish(topic, frame as Uint8Array);
  const common = { name: 'grpc', oneShot: false, handshake: false, tellsFailures: true, wire, publish } as const;
  return { bothWays: { ...common, duplex: true }, oneWay: { ...common, duplex: false }, groups };
}
