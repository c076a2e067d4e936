import type { Crossed } from '@ionosphere/core';
import type { Payload } from '@ionosphere/protocol';

/**
 * Head of an entry, in words of four bytes: its ticket, its length, what it is, and the lengths of the name of its
 * broadcaster, its key, and its payload, which follow; then the time, in two words. Entries begin where eight divides.
 */
const WORD = 4;
const LENGTH = 1;
const KIND = 2;
const ID = 3;
const KEY = 4;
const PAYLOAD = 5;
const TIME = 6;
const HEAD = 8 * WORD;

/** In place of a length: nothing is here, the next entry is at the beginning of the memory. */
const SKIPPED = -1;

/** What an entry is: the number of its act, and what is so. */
const acts: readonly Crossed['act'][] = ['broadcast', 'broadcastOnResume', 'resumeAll', 'destroy'];
const ACT = 3;
const REMEMBERED = 4;
const HAS_KEY = 8;
const IS_BYTES = 16;

/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const BYTES_PER_UNIT = 3;

/** How much an entry takes at most, in bytes. */
export function mostOf(crossed: Crossed): number {
  const { payload = '', key = '' } = 'payload' in crossed ? crossed : {};
  return aligned(HEAD + BYTES_PER_UNIT * (crossed.id.length + key.length + payload.length));
}

/** Whether all its text is the same once it was UTF-8: halves of surrogate pairs alone are not. */
export function isWellFormed(crossed: Crossed): boolean {
  const { payload = '', key = '' } = 'payload' in crossed ? crossed : {};
  return crossed.id.isWellFormed() && key.isWellFormed() && (typeof payload !== 'string' || payload.isWellFormed());
}

/** What crosses, as bytes in memory that threads share. Places are in bytes, from its beginning. */
export class Entries {
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  readonly #bytes: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#times = new Float64Array(memory);
    this.#bytes = Buffer.from(memory);
  }

  /** Writes an entry, for which there must be room; gives its length. */
  put(start: number, ticket: number, crossed: Crossed): number {
    const { id } = crossed;
    const { payload = '', key = '', at = 0 } = 'payload' in crossed ? crossed : {};
    const idLength = this.#bytes.write(id, start + HEAD);
    const keyLength = this.#bytes.write(key, start + HEAD + idLength);
    const payloadLength = this.#putPayload(payload, start + HEAD + idLength + keyLength);
    const length = aligned(HEAD + idLength + keyLength + payloadLength);
    const words = this.#words;
    const word = start / WORD;
    words[word] = ticket;
    words[word + LENGTH] = length;
    words[word + KIND] = kindOf(crossed);
    words[word + ID] = idLength;
    words[word + KEY] = keyLength;
    words[word + PAYLOAD] = payloadLength;
    this.#times[(word + TIME) / 2] = at;
    return length;
  }

  #putPayload(payload: Payload, place: number): number {
    if (typeof payload === 'string') return this.#bytes.write(payload, place);
    this.#bytes.set(payload, place);
    return payload.length;
  }

  /** From here on there is nothing up to the end of the memory. */
  skip(place: number): void {
    this.#words[place / WORD + LENGTH] = SKIPPED;
  }

  isSkipped(place: number): boolean {
    return this.#word(place, LENGTH) === SKIPPED;
  }

  ticket(start: number): number {
    return this.#word(start, 0);
  }

  lengthAt(start: number): number {
    return this.#word(start, LENGTH);
  }

  /** Reads an entry; undefined when it is of a broadcaster that is not wanted. */
  read(start: number, wants: (id: string) => boolean): Crossed | undefined {
    const keyStart = start + HEAD + this.#word(start, ID);
    const id = this.#bytes.toString('utf8', start + HEAD, keyStart);
    if (!wants(id)) return undefined;
    const kind = this.#word(start, KIND);
    const act = acts[kind & ACT] as Crossed['act'];
    if (act === 'resumeAll' || act === 'destroy') return { act, id };
    const from = keyStart + this.#word(start, KEY);
    const to = from + this.#word(start, PAYLOAD);
    const key = kind & HAS_KEY ? this.#bytes.toString('utf8', keyStart, from) : undefined;
    // A copy: the memory is written over.
    const payload =
      kind & IS_BYTES ? new Uint8Array(this.#bytes.subarray(from, to)) : this.#bytes.toString('utf8', from, to);
    const at = this.#times[start / (2 * WORD) + TIME / 2] as number;
    return { act, id, payload, at, key, remembered: (kind & REMEMBERED) !== 0 };
  }

  #word(start: number, index: number): number {
    return this.#words[start / WORD + index] as number;
  }
}

function kindOf(crossed: Crossed): number {
  const act = acts.indexOf(crossed.act);
  if (!('payload' in crossed)) return act;
  const { remembered, key, payload } = crossed;
  const isBytes = typeof payload !== 'string';
  return act | (remembered ? REMEMBERED : 0) | (key === undefined ? 0 : HAS_KEY) | (isBytes ? IS_BYTES : 0);
}

function aligned(length: number): number {
  return (length + 7) & ~7;
}
