import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Logger } from '@ionosphere/core';
import type { ServerStopOptions } from '../server';
import type { SharedApp } from '../uws';
import { Hand } from './hand';
import { Ring, type RingMemory } from './ring';
import { Endings, ThreadState, Turnstile } from './turnstile';

/** How long one thread is waited for that must close before the process ends, in milliseconds. */
const CLOSE_MILLIS = 2000;

/** How much longer than the deadline a thread may take to stop, in milliseconds. */
const GRACE_MILLIS = 3000;

/** How long it takes until a thread that ended is replaced; twice as long each time that it ended soon again. In milliseconds. */
const FIRST_DELAY = 50;
const LONGEST_DELAY = 10_000;

/** What a crew is made of. */
export interface CrewParts {
  /** The file that each thread runs. */
  readonly module: string;
  /** How many threads there are. */
  readonly threads: number;
  /** Hands connections to the threads, one after the other. */
  readonly acceptor: SharedApp;
  readonly logger: Logger;
}

/** The threads that run the services. One that ends is replaced. */
export class Crew {
  readonly #parts: CrewParts;
  readonly #shared: Int32Array;
  readonly #ring: RingMemory;
  readonly #endings: Endings;
  readonly #channel = `ionosphere-${crypto.randomUUID()}`;
  readonly #hands = new Map<number, Hand>();
  readonly #delays = new Map<number, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopping = false;
  readonly #onExit = (): void => this.#closeNow();

  constructor(parts: CrewParts) {
    this.#parts = parts;
    this.#shared = Turnstile.memory(parts.threads);
    this.#ring = Ring.memory(parts.threads);
    this.#endings = new Endings(this.#shared);
  }

  /** Resolves when all serve. Rejects when one does not; none is left then. */
  async start(): Promise<void> {
    process.on('exit', this.#onExit);
    const hands = Array.from({ length: this.#parts.threads }, (_, thread) => this.#begin(thread));
    try {
      await Promise.all(hands.map(({ serving }) => serving));
    } catch (error) {
      this.#stopping = true;
      for (const hand of hands) hand.order({ do: 'close', deadlineSeconds: 0 });
      await Promise.all(hands.map((hand) => hand.abandon()));
      await this.#over(CLOSE_MILLIS);
      process.off('exit', this.#onExit);
      throw error;
    }
  }

  /** `/health` says from now on that the end is near. */
  announceStop(): void {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const hand of this.#hands.values()) hand.order({ do: 'announce' });
  }

  /** Stops all. Rejects when a thread does not end. */
  async stop(options: Required<ServerStopOptions>): Promise<void> {
    const { deadlineSeconds } = options;
    const hands = [...this.#hands.values()];
    const stopped = Promise.all(hands.map((hand) => hand.stopped()));
    for (const hand of hands) hand.order({ do: 'stop', options });
    await within(stopped, deadlineSeconds * 1000 + GRACE_MILLIS);
    for (const hand of hands) hand.order({ do: 'close', deadlineSeconds });
    await this.#over(deadlineSeconds * 1000 + GRACE_MILLIS);
    if (this.#hands.size > 0)
      throw new Error(
        `stop: thread ${[...this.#hands.keys()].join(', ')} does not end, because its code gives nothing else a turn`,
      );
    process.off('exit', this.#onExit);
  }

  #begin(thread: number): Hand {
    const { module, threads, acceptor } = this.#parts;
    this.#endings.set(thread, ThreadState.Serving);
    const began = performance.now();
    const hand = new Hand(
      module,
      {
        ionosphere: 'thread',
        thread,
        threads,
        channel: this.#channel,
        shared: this.#shared,
        ring: this.#ring,
        ports: this.#introduce(thread),
      },
      {
        serves: (descriptor) => acceptor.addChildAppDescriptor(descriptor),
        leaves: (descriptor) => {
          acceptor.removeChildAppDescriptor(descriptor);
          this.#endings.set(thread, ThreadState.Released);
        },
        ended: (cause) => this.#ended(thread, cause, performance.now() - began),
      },
    );
    this.#hands.set(thread, hand);
    return hand;
  }

  /** Makes a way from a thread that is about to begin to each that is there. */
  #introduce(thread: number): [number, MessagePort][] {
    return Array.from(this.#hands, ([other, hand]) => {
      const { port1, port2 } = new MessageChannel();
      hand.meet(thread, port1);
      return [other, port2];
    });
  }

  #ended(thread: number, cause: Error, livedMillis: number): void {
    this.#hands.delete(thread);
    Ring.forget(this.#ring, thread);
    for (const hand of this.#hands.values()) hand.order({ do: 'lose', thread });
    if (this.#stopping) return;
    const before = this.#delays.get(thread) ?? 0;
    const delay =
      livedMillis > LONGEST_DELAY ? FIRST_DELAY : Math.min(Math.max(FIRST_DELAY, before * 2), LONGEST_DELAY);
    this.#delays.set(thread, delay);
    this.#parts.logger.error('A thread has ended, and is replaced: its clients come back, and are told of a gap', {
      thread,
      cause,
    });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#begin(thread);
    }, delay);
    this.#timers.add(timer);
  }

  /** Waits until all have ended, but no longer than that. */
  async #over(millis: number): Promise<void> {
    await within(Promise.all(Array.from(this.#hands.values(), ({ over }) => over)), millis);
    // Those who wait for the same end are told first.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The process ends at once: it would abort if a thread still had its connections. */
  #closeNow(): void {
    this.#stopping = true;
    this.#endings.endAll();
    for (const hand of this.#hands.values()) hand.order({ do: 'close', deadlineSeconds: 0 });
    const deadline = Date.now() + CLOSE_MILLIS;
    for (const [thread, { serves }] of this.#hands)
      for (const state of serves ? [ThreadState.Serving, ThreadState.Released] : [])
        this.#endings.leave(thread, state, Math.max(0, deadline - Date.now()));
  }
}

/** Waits, but no longer than that. */
async function within(promise: Promise<unknown>, millis: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, millis)));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
