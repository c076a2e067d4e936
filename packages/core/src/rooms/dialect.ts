import type { Payload } from '@ionosphere/protocol';
import { encodeValue } from '../codec/codec';
import type { RoomMember } from './room-member';

/** Something that a room tells its members. */
export type RoomSignal =
  | { readonly kind: 'message'; readonly id: number; readonly from: RoomMember | undefined; readonly data: unknown }
  | { readonly kind: 'direct'; readonly from: RoomMember | undefined; readonly data: unknown }
  | { readonly kind: 'presence'; readonly type: 'JOIN' | 'LEAVE'; readonly member: RoomMember }
  | { readonly kind: 'typing'; readonly from: RoomMember; readonly typing: boolean }
  | { readonly kind: 'joined'; readonly members: readonly RoomMember[]; readonly gap: boolean }
  | { readonly kind: 'gone' };

type Signal<K extends RoomSignal['kind']> = Extract<RoomSignal, { readonly kind: K }>;

/** How the signals of a room look to a client. What a dialect has no word for, is not sent to those who speak it. */
export interface Dialect {
  readonly name: DialectName;
  readonly words: { readonly [K in RoomSignal['kind']]?: (room: string, signal: Signal<K>) => unknown };
}

/** `client` is what `atmosphere.js` 5 speaks, `java` what Atmosphere's own server does, `plain` is the data alone. */
export type DialectName = 'client' | 'java' | 'plain';

const typing = (room: string, { from, typing }: Signal<'typing'>): unknown => ({
  type: 'typing',
  room,
  memberId: from.id,
  typing,
});

const gone = (room: string): unknown => roomError(room, 'not-found', 'The room is gone.');

/** Fields whose value is undefined are not in the JSON. */
const client: Dialect = {
  name: 'client',
  words: {
    message: (room, { id, from, data }) => ({ type: 'broadcast', room, id, data, member: from }),
    direct: (room, { from, data }) => ({ type: 'direct', room, data, member: from }),
    presence: (room, { type, member }) => ({ type: 'presence', room, data: type.toLowerCase(), member }),
    typing,
    joined: (room, { members, gap }) => ({ type: 'join', room, data: members, gap: gap || undefined }),
    gone,
  },
};

const java: Dialect = {
  name: 'java',
  words: {
    message: (room, { id, from, data }) => ({ type: 'message', room, id, from: from?.id, data }),
    direct: (room, { from, data }) => ({ type: 'message', room, from: from?.id, data }),
    presence: (room, { type, member: { id, info } }) => ({
      type: 'presence',
      room,
      action: type.toLowerCase(),
      memberId: id,
      metadata: info ?? {},
    }),
    typing,
    joined: (room, { members, gap }) => ({
      type: 'join_ack',
      room,
      members: members.map(({ id, info }) => ({ id, metadata: info ?? {} })),
      gap: gap || undefined,
    }),
    gone,
  },
};

/** For resources that the server's own code let in: they need not know that there are rooms. */
const plain: Dialect = {
  name: 'plain',
  words: { message: (_room, { data }) => data, direct: (_room, { data }) => data },
};

export const dialects: Readonly<Record<DialectName, Dialect>> = { client, java, plain };

/**
 * How a signal goes to those who speak a dialect; undefined when it has no word for it. The same value is encoded once,
 * however many receivers ask for it.
 */
export function speaking(
  dialect: Dialect,
  room: string,
  kind: RoomSignal['kind'],
): ((signal: unknown) => Payload) | undefined {
  const word = dialect.words[kind] as ((room: string, signal: unknown) => unknown) | undefined;
  if (!word) return undefined;
  let last: { readonly signal: unknown; readonly payload: Payload } | undefined;
  return (signal) => {
    if (!last || last.signal !== signal) last = { signal, payload: encodeValue(word(room, signal)) };
    return last.payload;
  };
}

/** What a client is told, in every dialect, of whom the room did not do the will. `code` says it to programs. */
export function roomError(room: string, code: string, text: string): unknown {
  return { type: 'error', room, data: text, code };
}
