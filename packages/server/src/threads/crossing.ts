import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { Crossed } from '@ionosphere/core';
import { Ring, type RingMemory } from './ring';
import type { Turnstile } from './turnstile';

/** What is posted: that something crossed, or what had no room in the ring. */
type Post = 'look' | Parcel;
type Parcel = readonly [ticket: number, crossed: Crossed];

/** When nothing has crossed for so long, the turn that it comes from is taken to be over, in milliseconds. */
const QUIET = 0.04;

/** How long a thread waits for that at most, in milliseconds. */
const PATIENCE = 0.5;

/** What a crossing is made of. */
export interface CrossingParts {
  /** Number of this thread. */
  readonly thread: number;
  /** Name that the channel has in all threads. */
  readonly channel: string;
  readonly turnstile: Turnstile;
  readonly ring: RingMemory;
  /** Whether something that is done to the broadcaster of that name is received. What is not costs less. */
  readonly wants: (id: string) => boolean;
  /** Something came from another thread. Must not throw. */
  readonly receive: (crossed: Crossed) => void;
}

/**
 * What is broadcast in one thread reaches all, in the same order everywhere, without waiting for anybody. A thread writes
 * it into memory that all share, under the turnstile's lock, when it has taken from there what was written before; only
 * then it goes on with its own. Who has nothing to do listens, and is woken; who is busy looks by itself at the end of a turn.
 */
export class Crossing {
  readonly #channel: BroadcastChannel;
  readonly #turnstile: Turnstile;
  readonly #ring: Ring;
  readonly #wants: (id: string) => boolean;
  readonly #receive: (crossed: Crossed) => void;
  /** The last ticket of what was received, or sent. */
  #seen = 0;
  /** What had no room in the ring, as long as what is there comes before it. */
  readonly #posted: Parcel[] = [];
  #listens = true;
  #wakes = false;
  #open = true;

  constructor({ thread, channel, turnstile, ring, wants, receive }: CrossingParts) {
    this.#turnstile = turnstile;
    this.#ring = new Ring(ring, thread);
    this.#wants = wants;
    this.#receive = receive;
    // What crosses from now on is for this thread, and nothing older is.
    turnstile.enter();
    this.#seen = turnstile.last;
    this.#ring.join();
    this.#channel = new BroadcastChannel(channel);
    turnstile.leave();
    this.#channel.onmessage = (event) => this.#heed((event as { readonly data: Post }).data);
    this.#ring.listen();
  }

  /** Sends to all other threads. When it returns, all that crossed before has been received. */
  cross(crossed: Crossed): void {
    if (!this.#open) return;
    // Before the others have to wait.
    this.#receiveAll();
    const entered = this.#turnstile.enter();
    try {
      this.#receiveAll();
      this.#seen = this.#turnstile.pass((ticket) => this.#send(ticket, crossed));
    } finally {
      if (entered) this.#turnstile.leave();
    }
    if (this.#wakes || !this.#ring.hasListeners) return;
    this.#wakes = true;
    // To wake costs as much as to deliver, which is done first. A macrotask would come after the native library's writes.
    queueMicrotask(() => this.flush());
  }

  /** Wakes those now that are to look. */
  flush(): void {
    this.#wakes = false;
    if (this.#open && this.#ring.takeListeners()) this.#channel.postMessage('look' satisfies Post);
  }

  close(): void {
    this.flush();
    this.#open = false;
    this.#ring.leave();
    this.#channel.close();
  }

  #send(ticket: number, crossed: Crossed): void {
    if (!this.#ring.write(ticket, crossed)) this.#channel.postMessage([ticket, clean(crossed)] satisfies Post);
  }

  #heed(post: Post): void {
    if (post !== 'look') this.#posted.push(post);
    if (!this.#listens) return;
    this.#listens = false;
    this.#look();
  }

  #look(): void {
    if (!this.#open) return;
    if (this.#turnstile.last !== this.#seen) return this.#gather(this.#seen, performance.now());
    this.#listens = true;
    this.#ring.listen();
    // Whoever wrote before that did not see it listen.
    if (this.#turnstile.last !== this.#seen) this.#heed('look');
  }

  /**
   * Receives what crosses in one turn of another thread together, for each turn here costs a write to each client. It is
   * written while this thread waits: the first message wakes it.
   *
   * @param known the last ticket when it looked before
   * @param changed when that was another one
   */
  #gather(known: number, changed: number, begun: number = changed): void {
    if (!this.#open) return;
    const now = performance.now();
    const { last } = this.#turnstile;
    const quiet = last === known ? now - changed : 0;
    if (quiet < QUIET && now - begun < PATIENCE) return void setImmediate(() => this.#gather(last, now - quiet, begun));
    this.#receiveAll();
    // The native library writes before that.
    setImmediate(() => this.#look());
  }

  /** Takes what has crossed by now. */
  #receiveAll(): void {
    const { last } = this.#turnstile;
    while (((last - this.#seen) | 0) > 0) {
      const ticket = (this.#seen + 1) | 0;
      const crossed = this.#ring.has(ticket) ? this.#ring.take(this.#wants) : this.#takePosted(ticket);
      // First, because who is told may broadcast.
      this.#seen = ticket;
      if (crossed) this.#receive(crossed);
    }
  }

  #takePosted(ticket: number): Crossed | undefined {
    while (this.#posted.length === 0) {
      const post = receiveMessageOnPort(this.#channel as never)?.message as Post | undefined;
      if (post === undefined) break;
      if (post !== 'look') this.#posted.push(post);
    }
    const first = this.#posted.shift();
    if (first?.[0] !== ticket) throw new Error('What another thread broadcast was lost on its way');
    return this.#wants(first[1].id) ? first[1] : undefined;
  }
}

/** A view of bytes would take along all that is in the memory behind it. */
function clean(crossed: Crossed): Crossed {
  if (!('payload' in crossed) || typeof crossed.payload === 'string') return crossed;
  return { ...crossed, payload: new Uint8Array(crossed.payload) };
}
