import { formatHandshake, type Position } from '@ionosphere/protocol';
import type { Config } from '../settings/config';
import type { HeartbeatPlan } from '../interceptors/interceptor';
import type { Requests } from './requests';
import type { Resource } from './resource';
import { isClassic } from '../request/wire';
import type { Connection } from '../transport';

/** What decides whether a connection begins with a handshake. */
export interface GreetingState {
  readonly uuid: string;
  /** There when the client puts messages into envelopes, and did so before. */
  readonly requests: Pick<Requests, 'introduced'> | undefined;
  /** Whether the client broke off its last poll. */
  readonly pollBroken: boolean;
}

/**
 * Whether the client waits for a handshake (PROTOCOL.md, "Handshake" and "Reconnect"). A client that does not know its id
 * does; a classic one that believes to know it understands none. One of version 5 or newer does again on each connection that it re-opened, having made its parser ready for
 * one; on polling only after a poll that broke, because else it would take the handshake for a message.
 *
 * @param epoch of the positions, now
 */
export function expectsHandshake(
  { request, transport }: Connection,
  { uuid, pollBroken, requests }: GreetingState,
  epoch: string,
): boolean {
  const { wire } = request;
  // Where a wire has places of its own, its transport has said all of it in them.
  if (!wire.protocol || transport.wire.encode || (transport.handshake === false && !wire.envelopes)) return false;
  if (wire.trackingId === undefined) return true;
  if (wire.positions && transport.oneShot) {
    // A client of ours reads its position in the same numbering as long as it is not told of another.
    const knowsAll = wire.trackingId === uuid && wire.position?.epoch === epoch;
    return !knowsAll || (wire.envelopes && requests?.introduced !== true);
  }
  if (wire.positions) return true;
  if (wire.trackingId !== uuid) return !isClassic(wire);
  return (wire.framework?.[0] ?? 0) >= 5 && (!transport.oneShot || pollBroken);
}

/**
 * The handshake, still unframed.
 *
 * @param position where the client is, if it asked for positions
 */
export function handshakeFor(
  { uuid, requests }: Pick<Resource, 'uuid' | 'requests'>,
  plan: Partial<HeartbeatPlan> | undefined,
  { messageDelimiter }: Pick<Config, 'messageDelimiter'>,
  position?: Position,
): string {
  const { clientSeconds = 0, padding = 'X' } = plan ?? {};
  const memory = requests?.introduce();
  return formatHandshake({ uuid, heartbeatMillis: clientSeconds * 1000, padding, position, memory }, messageDelimiter);
}
