import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { Crossed } from '@ionosphere/core';
import { pack, unpack, type Parcel } from './parcel';
import { Ring, type RingMemory } from './ring';
import type { Turnstile } from './turnstile';

/** What is posted: that something crossed, or what had no room in the ring. */
type Post = 'look' | PostedParcel;
type PostedParcel = readonly [ticket: number, parcel: Parcel];

/** What a crossing is made of. */
export interface CrossingParts {
  /** Number of this thread. */
  readonly thread: number;
  /** Name that the channel has in all threads. */
  readonly channel: string;
  readonly turnstile: Turnstile;
  readonly ring: RingMemory;
  /** Something came from another thread. Must not throw. */
  readonly receive: (crossed: Crossed) => void;
}

/**
 * What is broadcast in one thread reaches all, in the same order everywhere, without waiting for anybody. A thread writes
 * it into memory that all share, under the turnstile's lock, when it has taken from there what was written before; only
 * then it goes on with its own. The others are woken at the end of its turn: once, however much there is for them.
 */
export class Crossing {
  readonly #channel: BroadcastChannel;
  readonly #turnstile: Turnstile;
  readonly #ring: Ring;
  readonly #receive: (crossed: Crossed) => void;
  /** The last ticket of what was received, or sent. */
  #seen = 0;
  /** What had no room in the ring, as long as what is there comes before it. */
  readonly #posted: PostedParcel[] = [];
  #wakes = false;
  #open = true;

  constructor({ thread, channel, turnstile, ring, receive }: CrossingParts) {
    this.#turnstile = turnstile;
    this.#ring = new Ring(ring, thread);
    this.#receive = receive;
    // What crosses from now on is for this thread, and nothing older is.
    this.#channel = turnstile.alone(() => {
      this.#seen = turnstile.last;
      this.#ring.join();
      return new BroadcastChannel(channel);
    });
    this.#channel.onmessage = (event) => this.#heed((event as { readonly data: Post }).data);
  }

  /** Sends to all other threads. When it returns, all that crossed before has been received. */
  cross(crossed: Crossed): void {
    const parcel = pack(crossed);
    // Before the others have to wait.
    this.#receiveAll();
    this.#turnstile.alone(() => {
      this.#receiveAll();
      this.#seen = this.#turnstile.pass((ticket) => this.#send(ticket, parcel));
    });
    if (this.#wakes) return;
    this.#wakes = true;
    setImmediate(() => this.flush());
  }

  /** Wakes the others now. */
  flush(): void {
    if (this.#wakes && this.#open) this.#channel.postMessage('look' satisfies Post);
    this.#wakes = false;
  }

  close(): void {
    this.flush();
    this.#open = false;
    this.#ring.leave();
    this.#channel.close();
  }

  #send(ticket: number, parcel: Parcel): void {
    if (this.#ring.write(ticket, parcel)) return;
    // A view of bytes would take along all that is in the memory behind it.
    const bytes = parcel.bytes && new Uint8Array(parcel.bytes);
    this.#channel.postMessage([ticket, { ...parcel, bytes }] satisfies Post);
  }

  #heed(post: Post): void {
    if (post !== 'look') this.#posted.push(post);
    this.#receiveAll();
  }

  /** Takes what has crossed by now; what crosses meanwhile wakes it again. */
  #receiveAll(): void {
    const { last } = this.#turnstile;
    while (((last - this.#seen) | 0) > 0) {
      const ticket = (this.#seen + 1) | 0;
      const parcel = this.#ring.read(ticket) ?? this.#takePosted(ticket);
      // First, because who is told may broadcast.
      this.#seen = ticket;
      this.#receive(unpack(parcel));
    }
  }

  #takePosted(ticket: number): Parcel {
    while (this.#posted.length === 0) {
      const post = receiveMessageOnPort(this.#channel as never)?.message as Post | undefined;
      if (post === undefined) break;
      if (post !== 'look') this.#posted.push(post);
    }
    const [first] = this.#posted.splice(0, 1);
    if (first?.[0] !== ticket) throw new Error('What another thread broadcast was lost on its way');
    return first[1];
  }
}
