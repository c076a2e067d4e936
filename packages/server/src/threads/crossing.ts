import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { Crossed, CrossedMessage } from '@ionosphere/core';
import { isBefore, type Turnstile } from './turnstile';

/** What crosses: a text for a text, which is what costs least; else its parts. */
type Parcel = string | readonly [ticket: number, crossed: Crossed];

/** What a crossing is made of. */
export interface CrossingParts {
  /** Name that the channel has in all threads. */
  readonly channel: string;
  readonly turnstile: Turnstile;
  /** Something came from another thread. Must not throw. */
  readonly receive: (crossed: Crossed) => void;
}

/**
 * What is broadcast in one thread reaches all, in the same order everywhere, without waiting for anybody. A thread posts
 * under the turnstile's lock, so the queues of all threads have the same order; then it takes from its own queue what was
 * posted before, and only then goes on with its own.
 */
export class Crossing {
  readonly #channel: BroadcastChannel;
  readonly #turnstile: Turnstile;
  readonly #receive: (crossed: Crossed) => void;
  /** The last ticket of what was received, or sent. */
  #seen: number;
  /** Taken from the queue too early: it comes after what this thread is about to do. */
  #later: Parcel | undefined;

  constructor({ channel, turnstile, receive }: CrossingParts) {
    this.#turnstile = turnstile;
    this.#receive = receive;
    this.#channel = new BroadcastChannel(channel);
    this.#channel.onmessage = (event) => this.#arrived((event as { readonly data: Parcel }).data);
    // What was posted since the channel is there is in its queue, and nothing older is.
    this.#seen = turnstile.last;
  }

  /** Sends to all other threads. When it returns, all that crossed before has been received. */
  cross(crossed: Crossed): void {
    const own = clean(crossed);
    const ticket = this.#turnstile.pass((next) => this.#channel.postMessage(pack(next, own)));
    this.#receiveBefore(ticket);
    this.#seen = ticket;
  }

  close(): void {
    this.#channel.close();
  }

  #receiveBefore(ticket: number): void {
    while (((this.#seen + 1) | 0) !== ticket) {
      const parcel = this.#later ?? (receiveMessageOnPort(this.#channel as never)?.message as Parcel | undefined);
      this.#later = undefined;
      // A thread may end between its ticket and its message.
      if (parcel === undefined) return;
      if (!isBefore(ticketOf(parcel), ticket)) return this.#keep(parcel);
      this.#take(parcel);
    }
  }

  #keep(parcel: Parcel): void {
    this.#later = parcel;
    setImmediate(() => this.#takeLater());
  }

  #takeLater(): void {
    const parcel = this.#later;
    this.#later = undefined;
    if (parcel !== undefined) this.#take(parcel);
  }

  #arrived(parcel: Parcel): void {
    this.#takeLater();
    this.#take(parcel);
  }

  #take(parcel: Parcel): void {
    this.#seen = ticketOf(parcel);
    this.#receive(typeof parcel === 'string' ? unpack(parcel) : parcel[1]);
  }
}

/** A view of bytes would take along all that is in the memory behind it. */
function clean(crossed: Crossed): Crossed {
  if (!('payload' in crossed) || typeof crossed.payload === 'string') return crossed;
  return { ...crossed, payload: new Uint8Array(crossed.payload) };
}

function pack(ticket: number, crossed: Crossed): Parcel {
  if (crossed.act !== 'broadcast' || typeof crossed.payload !== 'string') return [ticket, crossed];
  const { id, key, at, remembered, payload } = crossed;
  return `${ticket} ${at} ${remembered ? 1 : 0} ${id.length} ${key === undefined ? -1 : key.length}|${id}${key ?? ''}${payload}`;
}

function ticketOf(parcel: Parcel): number {
  return typeof parcel === 'string' ? Number.parseInt(parcel, 10) : parcel[0];
}

function unpack(parcel: string): CrossedMessage {
  const start = parcel.indexOf('|') + 1;
  const [, at, remembered, idLength = 0, keyLength = -1] = parcel
    .slice(0, start - 1)
    .split(' ')
    .map(Number);
  const keyStart = start + idLength;
  const payloadStart = keyStart + Math.max(keyLength, 0);
  return {
    act: 'broadcast',
    id: parcel.slice(start, keyStart),
    key: keyLength < 0 ? undefined : parcel.slice(keyStart, payloadStart),
    payload: parcel.slice(payloadStart),
    at: at ?? 0,
    remembered: remembered === 1,
  };
}
