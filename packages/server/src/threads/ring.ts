import type { Crossed } from '@ionosphere/core';
import type { Payload } from '@ionosphere/protocol';

/** Size of what is shared, in bytes: a power of two. What does not fit while a thread is busy goes another way. */
const SIZE = 1024 * 1024;
const MASK = SIZE - 1;

/** How much of it one entry may take: the others are to have room too. */
const LARGEST = SIZE / 4;

/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const BYTES_PER_UNIT = 3;

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

/** In place of a length: the rest of the memory is empty, the next entry is at its beginning. */
const SKIPPED = -1;

/** What an entry is: the number of its act, and what is so. */
const acts: readonly Crossed['act'][] = ['broadcast', 'broadcastOnResume', 'resumeAll', 'destroy'];
const ACT = 3;
const REMEMBERED = 4;
const HAS_KEY = 8;
const IS_BYTES = 16;

/**
 * Where the next entry will be; then, for each thread, where it will read next, and whether it listens. Positions are in bytes
 * and wrap around, in 32 bits.
 */
const END = 0;
const FIRST_READER = 1;
const PER_READER = 2;
const LISTENS = 1;
/** In place of a position, all of which eight divides: the thread reads nothing. */
const ABSENT = 1;

/** The memory of a ring. */
export interface RingMemory {
  readonly places: Int32Array;
  readonly entries: SharedArrayBuffer;
}

/**
 * Memory in which each thread writes for all others. Each reads at its own place; what all have read is written over. Who
 * writes must be the only one at that time.
 */
export class Ring {
  readonly #places: Int32Array;
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  readonly #bytes: Buffer;
  readonly #own: number;

  /** @param thread number of this thread */
  constructor({ places, entries }: RingMemory, thread: number) {
    this.#places = places;
    this.#words = new Int32Array(entries);
    this.#times = new Float64Array(entries);
    this.#bytes = Buffer.from(entries);
    this.#own = placeOf(thread);
  }

  /** Memory for so many threads. */
  static memory(threads: number): RingMemory {
    const places = new Int32Array(new SharedArrayBuffer(placeOf(threads) * Int32Array.BYTES_PER_ELEMENT));
    for (let thread = 0; thread < threads; thread++) places[placeOf(thread)] = ABSENT;
    return { places, entries: new SharedArrayBuffer(SIZE) };
  }

  /** A thread, which has ended, reads no more. */
  static forget({ places }: RingMemory, thread: number): void {
    Atomics.store(places, placeOf(thread), ABSENT);
    Atomics.store(places, placeOf(thread) + LISTENS, 0);
  }

  /** This thread reads what is written from now on. Nobody may write meanwhile. */
  join(): void {
    Atomics.store(this.#places, this.#own, Atomics.load(this.#places, END));
  }

  /** This thread is to be told when there is something to read. */
  listen(): void {
    Atomics.store(this.#places, this.#own + LISTENS, 1);
  }

  /** Whether another thread is to be told. */
  get hasListeners(): boolean {
    for (let place = FIRST_READER; place < this.#places.length; place += PER_READER)
      if (place !== this.#own && Atomics.load(this.#places, place + LISTENS) === 1) return true;
    return false;
  }

  /** Whether another thread was to be told, and must be told now. */
  takeListeners(): boolean {
    let found = false;
    for (let place = FIRST_READER; place < this.#places.length; place += PER_READER)
      if (place !== this.#own && Atomics.exchange(this.#places, place + LISTENS, 0) === 1) found = true;
    return found;
  }

  leave(): void {
    Atomics.store(this.#places, this.#own, ABSENT);
    Atomics.store(this.#places, this.#own + LISTENS, 0);
  }

  /**
   * Writes an entry that this thread will not read: it must have read all that there is. Gives false when there is no room
   * for it, because it is too large, or because a thread has not read for long.
   */
  write(ticket: number, crossed: Crossed): boolean {
    const { id } = crossed;
    const { payload = '', key = '', at = 0 } = 'payload' in crossed ? crossed : {};
    const most = HEAD + BYTES_PER_UNIT * (id.length + key.length + payload.length);
    if (most > LARGEST) return false;
    const end = Atomics.load(this.#places, END);
    const skipped = SIZE - (end & MASK) < most ? SIZE - (end & MASK) : 0;
    if (!this.#hasRoom(end, skipped + aligned(most))) return false;
    if (skipped > 0) this.#words[(end & MASK) / WORD + LENGTH] = SKIPPED;
    const start = (end + skipped) & MASK;
    const idLength = this.#bytes.write(id, start + HEAD);
    const keyLength = this.#bytes.write(key, start + HEAD + idLength);
    const payloadLength = this.#put(payload, start + HEAD + idLength + keyLength);
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
    this.#move(end + skipped + length);
    return true;
  }

  #put(payload: Payload, place: number): number {
    if (typeof payload === 'string') return this.#bytes.write(payload, place);
    this.#bytes.set(payload, place);
    return payload.length;
  }

  #move(end: number): void {
    Atomics.store(this.#places, END, end | 0);
    Atomics.store(this.#places, this.#own, end | 0);
  }

  /** Whether the next entry to read is there, and has this ticket. */
  has(ticket: number): boolean {
    const place = Atomics.load(this.#places, this.#own);
    return place !== Atomics.load(this.#places, END) && this.#words[this.#startAt(place) / WORD] === ticket;
  }

  /** Takes the next entry, which must be there; undefined when it is of a broadcaster that is not wanted. */
  take(wants: (id: string) => boolean): Crossed | undefined {
    const place = Atomics.load(this.#places, this.#own);
    const start = this.#startAt(place);
    const skipped = (start - place) & MASK;
    const word = start / WORD;
    const keyStart = start + HEAD + this.#word(word + ID);
    const id = this.#bytes.toString('utf8', start + HEAD, keyStart);
    const crossed = wants(id) ? this.#crossedAt(word, id, keyStart) : undefined;
    Atomics.store(this.#places, this.#own, (place + skipped + this.#word(word + LENGTH)) | 0);
    return crossed;
  }

  #crossedAt(word: number, id: string, keyStart: number): Crossed {
    const kind = this.#word(word + KIND);
    const act = acts[kind & ACT] as Crossed['act'];
    if (act === 'resumeAll' || act === 'destroy') return { act, id };
    const start = keyStart + this.#word(word + KEY);
    const end = start + this.#word(word + PAYLOAD);
    const key = kind & HAS_KEY ? this.#bytes.toString('utf8', keyStart, start) : undefined;
    // A copy: the memory is written over.
    const payload =
      kind & IS_BYTES ? new Uint8Array(this.#bytes.subarray(start, end)) : this.#bytes.toString('utf8', start, end);
    const at = this.#times[(word + TIME) / 2] as number;
    return { act, id, payload, at, key, remembered: (kind & REMEMBERED) !== 0 };
  }

  #startAt(place: number): number {
    const start = place & MASK;
    return this.#words[start / WORD + LENGTH] === SKIPPED ? 0 : start;
  }

  #word(index: number): number {
    return this.#words[index] as number;
  }

  #hasRoom(end: number, length: number): boolean {
    for (let reader = FIRST_READER; reader < this.#places.length; reader += PER_READER) {
      const place = Atomics.load(this.#places, reader);
      if (place !== ABSENT && ((end - place) | 0) + length > SIZE) return false;
    }
    return true;
  }
}

function kindOf(crossed: Crossed): number {
  const act = acts.indexOf(crossed.act);
  if (!('payload' in crossed)) return act;
  const { remembered, key, payload } = crossed;
  const isBytes = typeof payload !== 'string';
  return act | (remembered ? REMEMBERED : 0) | (key === undefined ? 0 : HAS_KEY) | (isBytes ? IS_BYTES : 0);
}

function placeOf(thread: number): number {
  return FIRST_READER + PER_READER * thread;
}

function aligned(length: number): number {
  return (length + 7) & ~7;
}
