import type { Payload } from '@ionosphere/protocol';
import { encodeValue } from './codec';
import { runFilters, type Filter } from './filter';
import type { Framing } from './framing';
import type { MessageLog } from './message-log';
import type { Outflow } from './outflow';
import type { Frame, Transport } from './transport';

/** A resource's place in one broadcaster. */
export interface Subscription {
  readonly broadcaster: Broadcaster;
  /** Offset of the next message to write. Follows the log while `live` is `pulled`; is meaningless while it is `group`. */
  cursor: number;
  /** How new messages reach the resource: by a native group, from the log at the end of the turn, or not now. */
  live: 'group' | 'pulled' | 'no';
  /** Writes what is due to a pulled resource. */
  flush(): void;
}

/** Consecutive messages of a log, framed, ready for one write. */
export interface Batch {
  readonly frames: readonly Frame[];
  /** Offset after the last of them. */
  readonly end: number;
}

interface Group {
  readonly topic: string;
  readonly publish: (topic: string, frame: Frame) => void;
  size: number;
}

/** What a broadcaster is built on. */
export interface BroadcasterParts {
  readonly log: MessageLog;
  readonly outflow: Outflow;
  /** Gives the next number among all messages of the app. */
  readonly nextSequence: () => number;
  readonly now: () => number;
}

/** How much of what waits goes into one write, in payload length; the message that reaches it is the last. */
export const BATCH_BYTES = 256 * 1024;

let topics = 0;

/**
 * A named topic. A message that is broadcast passes the filters, is encoded once, is appended to the log, and is
 * delivered: published once per framing to the native groups, and pulled from the log, at the end of the turn, by the
 * connections that are served one by one. A resource that is away costs nothing; it reads the log when it is back.
 */
export class Broadcaster {
  /** Filters that every message passes, in order. */
  readonly filters: Filter[] = [];
  readonly #parts: BroadcasterParts;
  readonly #subscriptions = new Set<Subscription>();
  readonly #pulled = new Set<Subscription>();
  readonly #groups = new Map<Framing, Group>();
  /** The batch that the resources of one framing read last; most of them read the same. Forgotten with the next message. */
  readonly #batches = new Map<Framing, Batch & { readonly start: number; readonly single: boolean }>();
  #lastBroadcast = 0;

  constructor(
    /** Name; for a service's own broadcaster, the concrete path. */
    readonly id: string,
    parts: BroadcasterParts,
  ) {
    this.#parts = parts;
  }

  /** How many resources are subscribed, those that are away included. */
  get size(): number {
    return this.#subscriptions.size;
  }

  /** When a message was last delivered, in milliseconds since the epoch; 0 if never. */
  get lastBroadcast(): number {
    return this.#lastBroadcast;
  }

  get log(): MessageLog {
    return this.#parts.log;
  }

  /**
   * Sends a value to every subscriber. Resources that are away get it when they come back.
   *
   * @param encode makes the payload. Default: text and bytes as they are, all else as JSON.
   */
  broadcast(value: unknown, encode: (value: unknown) => Payload = encodeValue): void {
    const message = this.filters.length === 0 ? value : runFilters(this.filters, value, this.id);
    if (message === undefined || message === null) return;
    this.#deliver(encode(message));
  }

  #deliver(payload: Payload): void {
    const { log, outflow, nextSequence, now } = this.#parts;
    this.#lastBroadcast = now();
    log.append({ payload, sequence: nextSequence(), at: this.#lastBroadcast });
    for (const [framing, group] of this.#groups) group.publish(group.topic, framing.frame(payload));
    if (this.#batches.size > 0) this.#batches.clear();
    if (this.#pulled.size > 0) outflow.add(this);
  }

  /** Lets the connections that are served one by one write what is new. Called by the outflow. */
  flush(): void {
    for (const subscription of this.#pulled) subscription.flush();
    this.#batches.clear();
  }

  /**
   * What is in the log from an offset on, framed, as much as fits one write.
   *
   * @param single at most one message: for connections that end with a write and can't keep frames apart.
   */
  batch(framing: Framing, start: number, single: boolean): Batch {
    const known = this.#batches.get(framing);
    if (known && known.start === start && known.single === single) return known;
    const { log } = this.#parts;
    const frames: Frame[] = [];
    let end = start;
    let bytes = 0;
    while (end < log.end && bytes < BATCH_BYTES && !(single && frames.length > 0)) {
      const { payload } = log.at(end++);
      frames.push(framing.frame(payload));
      bytes += payload.length;
    }
    const batch = { frames: framing.delimited ? joined(frames) : frames, start, end, single };
    this.#batches.set(framing, batch);
    return batch;
  }

  /** @internal */
  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
  }

  /** @internal */
  remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    this.#pulled.delete(subscription);
  }

  /** From now on the subscription is flushed at the end of each turn with a message. @internal */
  pull(subscription: Subscription): void {
    subscription.live = 'pulled';
    this.#pulled.add(subscription);
  }

  /** The subscription is no longer served; its cursor stays where it has read to. @internal */
  pause(subscription: Subscription): void {
    if (subscription.live === 'group') subscription.cursor = this.log.end;
    subscription.live = 'no';
    this.#pulled.delete(subscription);
  }

  /** Topic of the native group for a framing; counts one more member. @internal */
  enterGroup(framing: Framing, transport: Transport): string {
    let group = this.#groups.get(framing);
    if (!group) {
      if (!transport.publish) throw new TypeError(`transport ${transport.name} can't publish`);
      this.#groups.set(framing, (group = { topic: `b${++topics}`, publish: transport.publish, size: 0 }));
    }
    group.size++;
    return group.topic;
  }

  /** Counts one member less; gives the topic it was in. @internal */
  leaveGroup(framing: Framing): string | undefined {
    const group = this.#groups.get(framing);
    if (!group) return undefined;
    if (--group.size === 0) this.#groups.delete(framing);
    return group.topic;
  }
}

/** Frames as one buffer, shared by every connection that gets it. */
export function joined(frames: readonly Frame[]): readonly Frame[] {
  if (frames.length === 0) return frames;
  if (frames.every((frame) => typeof frame === 'string')) return [Buffer.from(frames.join(''))];
  return [Buffer.concat(frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame) : frame)))];
}
