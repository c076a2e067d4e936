import type { Payload } from '@ionosphere/protocol';
import { Failure } from '../errors';
import type { DialectName } from './dialect';
import { checkMember, type RoomMember } from './room-member';

/** What a client asks of a room, whichever dialect it used. */
export type RoomRequest =
  | {
      readonly type: 'join';
      readonly room: string;
      readonly dialect: Exclude<DialectName, 'plain'>;
      /** Undefined for one that gives no name. */
      readonly member: RoomMember | undefined;
      /** Number of the last message that the client has. */
      readonly sinceId: number | undefined;
    }
  | { readonly type: 'leave'; readonly room: string }
  | { readonly type: 'broadcast'; readonly room: string; readonly data: unknown }
  | { readonly type: 'direct'; readonly room: string; readonly data: unknown; readonly target: string }
  | { readonly type: 'typing'; readonly room: string; readonly typing: boolean };

/** A message that is meant for a room, before anything in it but its type and the room's name is looked at. */
export interface RoomMail {
  readonly type: RoomRequest['type'];
  readonly room: string;
  readonly [field: string]: unknown;
}

const types: ReadonlySet<unknown> = new Set<RoomRequest['type']>(['join', 'leave', 'broadcast', 'direct', 'typing']);

/** The message, if it is one for a room; anything else is the service's. Does not throw. */
export function roomMailOf(payload: Payload): RoomMail | undefined {
  // Most messages of a service are for no room, and need not be parsed twice.
  if (typeof payload !== 'string' || !payload.includes('"room"')) return undefined;
  try {
    const mail = JSON.parse(payload) as Partial<RoomMail>;
    return types.has(mail.type) && typeof mail.room === 'string' ? (mail as RoomMail) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads all of it. Throws `invalid-message`. */
export function readRoomRequest(mail: RoomMail): RoomRequest {
  const { type, room } = mail;
  switch (type) {
    case 'join':
      return readJoin(mail);
    case 'leave':
      return { type, room };
    case 'broadcast':
      return { type, room, data: mail['data'] ?? null };
    case 'direct': {
      const target = mail['target'] ?? mail['targetId'];
      if (typeof target !== 'string')
        throw new Failure(
          'invalid-message',
          'A direct message names its receiver: target, or targetId, with the id of a member.',
        );
      return { type, room, data: mail['data'] ?? null, target };
    }
    case 'typing':
      // Whoever says nothing of it, types.
      return { type, room, typing: mail['typing'] !== false };
  }
}

/** A join with an object `member` is of the client's dialect; all others are of the server's. */
function readJoin(mail: RoomMail): RoomRequest {
  const { room, member, memberId, metadata } = mail;
  const sinceId = readSinceId(mail['sinceId']);
  if (typeof member === 'object' && member !== null) {
    const { id, info } = member as { id?: unknown; info?: unknown };
    return { type: 'join', room, dialect: 'client', member: checkMember({ id, info }), sinceId };
  }
  const named = memberId !== undefined && memberId !== null;
  return {
    type: 'join',
    room,
    dialect: 'java',
    member: named ? checkMember({ id: memberId, info: metadata }) : undefined,
    sinceId,
  };
}

function readSinceId(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const id = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0)
    throw new Failure('invalid-message', 'sinceId is the number of a message: a whole number from 0.');
  return id;
}
