import type { Crossed } from '@ionosphere/core';
import { Entries, isWellFormed, mostOf } from './entries';

/** Size of what is shared, in bytes: a power of two. What does not fit while a thread is busy goes another way. */
const SIZE = 1024 * 1024;
const MASK = SIZE - 1;

/** How much of it one entry may take: the others are to have room too. */
const LARGEST = SIZE / 4;

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
  readonly #entries: Entries;
  readonly #own: number;

  /** @param thread number of this thread */
  constructor({ places, entries }: RingMemory, thread: number) {
    this.#places = places;
    this.#entries = new Entries(entries);
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

  /** This thread reads no more. */
  leave(): void {
    Atomics.store(this.#places, this.#own, ABSENT);
    Atomics.store(this.#places, this.#own + LISTENS, 0);
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

  /**
   * Writes an entry that this thread will not read: it must have read all that there is. Gives false when there is no room
   * for it, because it is too large, or because a thread has not read for long; and when it would be changed.
   */
  write(ticket: number, crossed: Crossed): boolean {
    const most = mostOf(crossed);
    if (most > LARGEST || !isWellFormed(crossed)) return false;
    const end = Atomics.load(this.#places, END);
    const left = SIZE - (end & MASK);
    const skipped = left < most ? left : 0;
    if (!this.#hasRoom(end, skipped + most)) return false;
    if (skipped > 0) this.#entries.skip(end & MASK);
    const length = this.#entries.put((end + skipped) & MASK, ticket, crossed);
    const next = (end + skipped + length) | 0;
    Atomics.store(this.#places, END, next);
    Atomics.store(this.#places, this.#own, next);
    return true;
  }

  /** Whether the next entry to read is there, and has this ticket. */
  has(ticket: number): boolean {
    const place = Atomics.load(this.#places, this.#own);
    return place !== Atomics.load(this.#places, END) && this.#entries.ticket(this.#startAt(place)) === ticket;
  }

  /** Takes the next entry, which must be there; undefined when it is of a broadcaster that is not wanted. */
  take(wants: (id: string) => boolean): Crossed | undefined {
    const place = Atomics.load(this.#places, this.#own);
    const start = this.#startAt(place);
    const crossed = this.#entries.read(start, wants);
    const skipped = (start - place) & MASK;
    Atomics.store(this.#places, this.#own, (place + skipped + this.#entries.lengthAt(start)) | 0);
    return crossed;
  }

  #startAt(place: number): number {
    const start = place & MASK;
    return this.#entries.isSkipped(start) ? 0 : start;
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
