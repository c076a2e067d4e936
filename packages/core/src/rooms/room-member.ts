import { Failure } from '../errors';

/** Who somebody is in a room, as the others see it. */
export interface RoomMember {
  /** Chosen by the client, or by the code that lets it join; 1 to 128 characters. Not the resource's uuid, which is a secret. */
  readonly id: string;
  /** What else the others may know, as JSON. Up to 4096 characters. */
  readonly info?: unknown;
}

const LONGEST_NAME = 100;
const LONGEST_ID = 128;
const LARGEST_INFO = 4096;

/**
 * A name is part of a broadcaster's name, so it has none of the characters that patterns are made of (`*`, braces), and
 * not the one that keeps the dialects of a room apart (`#`).
 */
const names = /^[\p{L}\p{N}\p{M} _.:/@~+-]+$/u;

// Bidirectional and other invisible characters are left alone: the names of people have them.
const ids = /^[^\p{Cc}\p{Cs}]+$/u;

/** Throws `invalid-message` when no room may be called that. */
export function checkRoomName(name: string): string {
  if (name.length > LONGEST_NAME || !names.test(name) || name.trim() !== name)
    throw new Failure(
      'invalid-message',
      `The name of a room has 1 to ${LONGEST_NAME} characters: letters, digits, spaces inside, and _ - . : / @ ~ +.`,
    );
  return name;
}

/** Throws `invalid-message` when nobody may be in a room like that. */
export function checkMember({ id, info }: { readonly id: unknown; readonly info?: unknown }): RoomMember {
  if (typeof id !== 'string' || id.length > LONGEST_ID || !ids.test(id))
    throw new Failure(
      'invalid-message',
      `The id of a member has 1 to ${LONGEST_ID} characters, none of them a control.`,
    );
  if (info === undefined || info === null) return { id };
  if ((JSON.stringify(info) ?? '').length > LARGEST_INFO)
    throw new Failure(
      'invalid-message',
      `What a room is told of a member has at most ${LARGEST_INFO} characters of JSON.`,
    );
  return { id, info };
}

/** Somebody who gave no name. The uuid of the resource would do, if it were not enough to act as that resource. */
export function anonymous(): RoomMember {
  return { id: crypto.randomUUID() };
}
