import type { Parcel } from './parcel';

/** Size of what is shared, in bytes: a power of two. What does not fit while a thread is busy goes another way. */
const SIZE = 1024 * 1024;
const MASK = SIZE - 1;

/** How much of it one entry may take: the others are to have room too. */
const LARGEST = SIZE / 4;

/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const BYTES_PER_UNIT = 3;

/** Head of an entry: its ticket, the length of its text, that of its bytes, and nothing. Entries begin where eight divides. */
const HEAD = 16;
const WORD = 4;
/** In place of a ticket's length of text: the rest of the memory is empty, the next entry is at its beginning. */
const SKIPPED = -1;
/** In place of the length of bytes: the payload is text. */
const NO_BYTES = -1;

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
  readonly #bytes: Buffer;
  readonly #own: number;

  /** @param thread number of this thread */
  constructor({ places, entries }: RingMemory, thread: number) {
    this.#places = places;
    this.#words = new Int32Array(entries);
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
  write(ticket: number, { text, bytes }: Parcel): boolean {
    const most = HEAD + BYTES_PER_UNIT * text.length + (bytes?.length ?? 0);
    if (most > LARGEST) return false;
    const end = Atomics.load(this.#places, END);
    const skipped = SIZE - (end & MASK) < most ? SIZE - (end & MASK) : 0;
    if (!this.#hasRoom(end, skipped + aligned(most))) return false;
    if (skipped > 0) this.#words[(end & MASK) / WORD + 1] = SKIPPED;
    const start = (end + skipped) & MASK;
    const textLength = this.#bytes.write(text, start + HEAD);
    if (bytes) this.#bytes.set(bytes, start + HEAD + textLength);
    this.#words[start / WORD] = ticket;
    this.#words[start / WORD + 1] = textLength;
    this.#words[start / WORD + 2] = bytes?.length ?? NO_BYTES;
    const length = aligned(HEAD + textLength + (bytes?.length ?? 0));
    const next = (end + skipped + length) | 0;
    Atomics.store(this.#places, END, next);
    Atomics.store(this.#places, this.#own, next);
    return true;
  }

  /** Gives the next entry, if it has this ticket. */
  read(ticket: number): Parcel | undefined {
    let place = Atomics.load(this.#places, this.#own);
    const end = Atomics.load(this.#places, END);
    if (place === end) return undefined;
    if (this.#words[(place & MASK) / WORD + 1] === SKIPPED) place += SIZE - (place & MASK);
    const start = place & MASK;
    const word = start / WORD;
    if (this.#words[word] !== ticket) return undefined;
    const textEnd = start + HEAD + (this.#words[word + 1] as number);
    const byteLength = this.#words[word + 2] as number;
    const bytesEnd = textEnd + Math.max(byteLength, 0);
    const text = this.#bytes.toString('utf8', start + HEAD, textEnd);
    // A copy: the memory is written over.
    const bytes = byteLength === NO_BYTES ? undefined : new Uint8Array(this.#bytes.subarray(textEnd, bytesEnd));
    Atomics.store(this.#places, this.#own, (place + aligned(bytesEnd - start)) | 0);
    return { text, bytes };
  }

  #hasRoom(end: number, length: number): boolean {
    for (let reader = FIRST_READER; reader < this.#places.length; reader += PER_READER) {
      const place = Atomics.load(this.#places, reader);
      if (place !== ABSENT && ((end - place) | 0) + length > SIZE) return false;
    }
    return true;
  }
}

function placeOf(thread: number): number {
  return FIRST_READER + PER_READER * thread;
}

function aligned(length: number): number {
  return (length + 7) & ~7;
}
