import type { Payload } from '@ionosphere/protocol';
import { BATCH_BYTES, joined, type Broadcaster, type Subscription } from './broadcaster';
import type { Framing } from './framing';
import type { LogBounds, MessageLog } from './message-log';
import { MemoryLog } from './message-log';
import type { Outflow } from './outflow';
import type { Connection, Frame, WriteResult } from './transport';

/** What the sending side of a resource is built on. */
export interface OutboundParts {
  readonly outflow: Outflow;
  readonly outboxBounds: LogBounds;
  readonly nextSequence: () => number;
  readonly now: () => number;
  /** Time to the nearest tick of the timers, for what happens with every message. */
  readonly lately: () => number;
}

/** Something with messages in order, and how far they were written. */
interface Source {
  readonly log: MessageLog;
  cursor: number;
}

class Subscribed implements Subscription {
  cursor: number;
  live: 'group' | 'pulled' | 'no' = 'no';

  constructor(
    readonly broadcaster: Broadcaster,
    private readonly outbound: Outbound,
  ) {
    this.cursor = broadcaster.log.end;
  }

  get log(): MessageLog {
    return this.broadcaster.log;
  }

  flush(): void {
    this.outbound.flush();
  }
}

/** How many messages of several sources go into one write. */
const MERGED_MESSAGES = 256;

/**
 * What a resource has yet to be sent, and to which connection. It remembers offsets, not messages: one in each
 * broadcaster's log, and one in its own outbox, which exists only while something that was sent to it alone waits.
 *
 * While a connection keeps up it is *live*: new messages reach it through a native group or from the outflow. One that is
 * full, or gone, is not; its offsets stand still until `drained` or the next `open`, and then all that was missed is
 * written before anything newer.
 */
export class Outbound {
  readonly #parts: OutboundParts;
  readonly #subscriptions: Subscribed[] = [];
  #outbox: Source | undefined;
  #connection: Connection | undefined;
  #framing: Framing | undefined;
  #full = false;
  #lastWrite = 0;
  /** Whether messages were lost because a log no longer had them. */
  gap = false;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
  }

  get broadcasters(): Broadcaster[] {
    return this.#subscriptions.map((subscription) => subscription.broadcaster);
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** When the connection was last written to, by anyone, in milliseconds since the epoch; right to a tick of the timers. */
  get lastWrite(): number {
    return this.#subscriptions.reduce(
      (latest, { live, broadcaster }) => (live === 'no' ? latest : Math.max(latest, broadcaster.lastBroadcast)),
      this.#lastWrite,
    );
  }

  /** Whether something is owed. */
  get behind(): boolean {
    return this.#sources().length > 0;
  }

  subscribe(broadcaster: Broadcaster): void {
    if (this.#subscriptions.some((known) => known.broadcaster === broadcaster)) return;
    const subscription = new Subscribed(broadcaster, this);
    broadcaster.add(subscription);
    this.#subscriptions.push(subscription);
    if (this.#connection && !this.#full) this.#goLive(subscription, this.#connection);
  }

  unsubscribe(broadcaster: Broadcaster): void {
    const index = this.#subscriptions.findIndex((known) => known.broadcaster === broadcaster);
    const subscription = this.#subscriptions[index];
    if (!subscription) return;
    // What was broadcast before it left is still its own, as it is in a native group.
    if (subscription.live === 'pulled') this.flush();
    this.#pause(subscription);
    this.#subscriptions.splice(index, 1);
    broadcaster.remove(subscription);
  }

  unsubscribeAll(): void {
    for (const broadcaster of this.broadcasters) this.unsubscribe(broadcaster);
    this.#outbox = undefined;
  }

  /** Takes a connection. Nothing is written yet: a handshake may have to come first. */
  open(connection: Connection, framing: Framing): void {
    this.#connection = connection;
    this.#framing = framing;
    this.#full = false;
    this.#lastWrite = this.#parts.now();
  }

  /** Writes what was missed, and goes live when nothing is left of it. Tells whether there was anything. */
  resume(): boolean {
    this.#full = false;
    const { behind } = this;
    this.flush();
    return behind;
  }

  /** The connection is over; offsets stand where it was last seen to take messages. */
  close(): void {
    for (const subscription of this.#subscriptions) this.#pause(subscription);
    this.#connection = undefined;
    this.#framing = undefined;
    this.#full = false;
  }

  /** Sends to this resource alone, after all that it was sent before. */
  send(payload: Payload): void {
    const connection = this.#connection;
    // A connection with a native group has got everything older already: nothing can be overtaken.
    if (connection?.join && this.#framing && !this.#full && !this.#outbox) {
      if (this.#write(connection, [this.#framing.frame(payload)]) !== 'closed') return;
    }
    const { outboxBounds, nextSequence, now, outflow } = this.#parts;
    this.#outbox ??= { log: new MemoryLog(outboxBounds), cursor: 0 };
    this.#outbox.log.append({ payload, sequence: nextSequence(), at: now() });
    if (connection && !this.#full) outflow.add(this);
  }

  /** Writes a text that belongs to the connection, not to the resource: a handshake, a heartbeat. */
  writeControl(text: string): WriteResult {
    if (!this.#connection || !this.#framing) return 'closed';
    if (this.#full) return 'full';
    return this.#write(this.#connection, [this.#framing.frame(text)]);
  }

  /** Writes what is owed, until nothing is or the connection is full. */
  flush(): void {
    while (this.#connection && this.#framing && !this.#full) {
      const sources = this.#sources();
      const [only] = sources;
      if (!only) return this.#allLive(this.#connection);
      const single = this.#connection.transport.oneShot && !this.#framing.delimited;
      const step =
        sources.length === 1 && only instanceof Subscribed
          ? this.#fromOne(only, this.#framing, single)
          : this.#merged(sources, this.#framing, single);
      if (this.#write(this.#connection, step.frames) === 'closed') return;
      step.advance();
    }
  }

  #fromOne(source: Subscribed, framing: Framing, single: boolean): { frames: readonly Frame[]; advance: () => void } {
    const batch = source.broadcaster.batch(framing, source.cursor, single);
    return { frames: batch.frames, advance: () => void (source.cursor = batch.end) };
  }

  /** Messages of several sources, in the order in which they were sent. */
  #merged(
    sources: readonly Source[],
    framing: Framing,
    single: boolean,
  ): { frames: readonly Frame[]; advance: () => void } {
    const cursors = new Map(sources.map((source) => [source, source.cursor]));
    const frames: Frame[] = [];
    let bytes = 0;
    while (frames.length < (single ? 1 : MERGED_MESSAGES) && bytes < BATCH_BYTES) {
      let next: { source: Source; sequence: number; payload: Payload; cursor: number } | undefined;
      for (const [source, cursor] of cursors) {
        if (cursor >= source.log.end) continue;
        const { sequence, payload } = source.log.at(cursor);
        if (!next || sequence < next.sequence) next = { source, sequence, payload, cursor };
      }
      if (!next) break;
      frames.push(framing.frame(next.payload));
      bytes += next.payload.length;
      cursors.set(next.source, next.cursor + 1);
    }
    return {
      frames: framing.delimited ? joined(frames) : frames,
      advance: () => cursors.forEach((cursor, source) => (source.cursor = cursor)),
    };
  }

  /** The sources that have something the connection has not taken. */
  #sources(): Source[] {
    const sources: Source[] = [];
    for (const subscription of this.#subscriptions) {
      if (subscription.live !== 'group' && this.#owes(subscription)) sources.push(subscription);
    }
    if (this.#outbox && this.#owes(this.#outbox)) sources.push(this.#outbox);
    else this.#outbox = undefined;
    return sources;
  }

  #owes(source: Source): boolean {
    if (source.cursor < source.log.start) {
      source.cursor = source.log.start;
      this.gap = true;
    }
    return source.cursor < source.log.end;
  }

  #write(connection: Connection, frames: readonly Frame[]): WriteResult {
    const result = connection.write(frames);
    this.#lastWrite = this.#parts.lately();
    if (result === 'ok' || connection !== this.#connection) return result;
    this.#full = true;
    for (const subscription of this.#subscriptions) this.#pause(subscription);
    return result;
  }

  #allLive(connection: Connection): void {
    for (const subscription of this.#subscriptions)
      if (subscription.live === 'no') this.#goLive(subscription, connection);
  }

  #goLive(subscription: Subscribed, connection: Connection): void {
    if (connection.join && this.#framing) {
      connection.join(subscription.broadcaster.enterGroup(this.#framing, connection.transport));
      subscription.live = 'group';
    } else {
      subscription.broadcaster.pull(subscription);
    }
  }

  #pause(subscription: Subscribed): void {
    if (subscription.live === 'group' && this.#framing) {
      const topic = subscription.broadcaster.leaveGroup(this.#framing);
      if (topic !== undefined) this.#connection?.leave?.(topic);
    }
    subscription.broadcaster.pause(subscription);
  }
}
