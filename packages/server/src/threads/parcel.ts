import type { Crossed } from '@ionosphere/core';

/** What crosses, as memory that threads share can have it: text, and bytes when the payload is some. */
export interface Parcel {
  readonly text: string;
  readonly bytes: Uint8Array | undefined;
}

const acts: readonly Crossed['act'][] = ['broadcast', 'broadcastOnResume', 'resumeAll', 'destroy'];

/** Numbers of the head of a text. */
const HEAD_END = '|';

export function pack(crossed: Crossed): Parcel {
  const act = acts.indexOf(crossed.act);
  if (!('payload' in crossed)) return { text: `${act} 0 0 ${crossed.id.length} -1|${crossed.id}`, bytes: undefined };
  const { id, key, at, remembered, payload } = crossed;
  const isText = typeof payload === 'string';
  const head = `${act} ${at} ${remembered ? 1 : 0} ${id.length} ${key === undefined ? -1 : key.length}`;
  return {
    text: `${head}${HEAD_END}${id}${key ?? ''}${isText ? payload : ''}`,
    bytes: isText ? undefined : payload,
  };
}

export function unpack({ text, bytes }: Parcel): Crossed {
  const start = text.indexOf(HEAD_END) + 1;
  const [actNumber = 0, at = 0, remembered, idLength = 0, keyLength = -1] = text
    .slice(0, start - 1)
    .split(' ')
    .map(Number);
  const act = acts[actNumber] as Crossed['act'];
  const keyStart = start + idLength;
  const id = text.slice(start, keyStart);
  if (act === 'resumeAll' || act === 'destroy') return { act, id };
  const payloadStart = keyStart + Math.max(keyLength, 0);
  return {
    act,
    id,
    key: keyLength < 0 ? undefined : text.slice(keyStart, payloadStart),
    payload: bytes ?? text.slice(payloadStart),
    at,
    remembered: remembered === 1,
  };
}
