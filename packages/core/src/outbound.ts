import type { Payload } from '@ionosphere/protocol';
import type { Broadcaster } from './broadcaster';
import { BATCH_BYTES, type Subscription } from './fanout';
import { joined, type Framing } from './framing';
import { MemoryLog, type LogBounds, type LogEntry, type MessageLog } from './message-log';
import type { Outflow } from './outflow';
import type { Resource } from './resource';
import type { Connection, Frame, WriteResult } from './transport';

/** What the sending side of a resource is built on. */
export interface OutboundParts {
  readonly outflow: Outflow;
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
  watch: ((message: unknown) => void) | undefined = undefined;

  constructor(
    readonly broadcaster: Broadcaster,
    readonly resource: Resource,
    private readonly outbound: Outbound,
  ) {
    const { log } = broadcaster;
    this.cursor = log.history ? log.start : log.end;
  }

  get log(): MessageLog {
    return this.broadcaster.log;
  }

  flush(): void {
    this.outbound.flush();
  }

  write(payload: Payload): void {
    this.outbound.writeNow(payload);
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
  #watch: ((message: unknown) => void) | undefined;
  /** Called when messages were lost to a connection that had begun to get them. */
  onGap: (() => void) | undefined;
  /** Whether messages were lost because a log no longer had them. */
  gap = false;

  constructor(
    parts: OutboundParts,
    private readonly resource: Resource,
    private readonly outboxBounds: LogBounds,
  ) {
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
      (latest, { live, broadcaster }) => (live === 'no' ? latest : Math.max(latest, broadcaster.fanout.lastPublish)),
      this.#lastWrite,
    );
  }

  /** Whether something is owed. */
  get behind(): boolean {
    return this.#sources().length > 0;
  }

  /** Whether it is subscribed to the broadcaster of that name. */
  has({ id }: Broadcaster): boolean {
    return this.#subscriptions.some(({ broadcaster }) => broadcaster.id === id);
  }

  subscribe({ current: broadcaster }: Broadcaster): void {
    if (this.has(broadcaster)) return;
    broadcaster.log.expire(this.#parts.now());
    const subscription = new Subscribed(broadcaster, this.resource, this);
    broadcaster.add(subscription);
    broadcaster.fanout.watch(subscription, this.#watch);
    this.#subscriptions.push(subscription);
    // The history of the log comes before anything newer.
    if (this.#connection && !this.#full && this.#owes(subscription)) this.flush();
    else if (this.#connection && !this.#full) this.#goLive(subscription, this.#connection);
    broadcaster.joined(this.resource);
  }

  /** Calls `watch` with each value that is broadcast to the resource; undefined ends it. */
  watch(watch: ((message: unknown) => void) | undefined): void {
    this.#watch = watch;
    for (const subscription of this.#subscriptions) subscription.broadcaster.fanout.watch(subscription, watch);
  }

  unsubscribe({ id }: Broadcaster): void {
    const index = this.#subscriptions.findIndex(({ broadcaster }) => broadcaster.id === id);
    const subscription = this.#subscriptions[index];
    if (!subscription) return;
    // What was broadcast before it left is still its own, as it is in a native group.
    if (subscription.live === 'pulled') this.flush();
    this.#pause(subscription);
    this.#subscriptions.splice(index, 1);
    subscription.broadcaster.remove(subscription);
  }

  /** What was sent to the resource alone stays, and goes with its next connection. */
  unsubscribeAll(): void {
    for (const broadcaster of this.broadcasters) this.unsubscribe(broadcaster);
  }

  /** Nothing is sent any more. */
  end(): void {
    this.close();
    this.unsubscribeAll();
    this.#outbox = undefined;
  }

  /** Takes a connection. Nothing is written yet: a handshake may have to come first. */
  open(connection: Connection, framing: Framing): void {
    this.#connection = connection;
    this.#framing = framing;
    this.#full = false;
    this.#lastWrite = this.#parts.now();
    // Between two sweeps a log may have more than it should.
    for (const { log } of this.#subscriptions) log.expire(this.#lastWrite);
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
    this.onGap = undefined;
  }

  /** Sends to this resource alone, after all that it was sent before. */
  send(payload: Payload): void {
    const connection = this.#connection;
    // A connection with a native group has got everything older already: nothing can be overtaken.
    if (connection?.join && !this.#full && !this.#outbox && this.writeNow(payload)) return;
    const { nextSequence, now, outflow } = this.#parts;
    this.#outbox ??= { log: new MemoryLog(this.outboxBounds), cursor: 0 };
    this.#outbox.log.append({ payload, sequence: nextSequence(), at: now() });
    if (connection && !this.#full) outflow.add(this);
  }

  /** Writes to a connection that keeps up; tells whether it took the message. */
  writeNow(payload: Payload): boolean {
    if (!this.#connection || !this.#framing) return false;
    return this.#write(this.#connection, [this.#framing.frame(payload)]) !== 'closed';
  }

  /** Writes a text that belongs to the connection, not to the resource: a handshake, a heartbeat. */
  writeControl(text: string): WriteResult {
    if (!this.#connection || !this.#framing) return 'closed';
    if (this.#full) return 'full';
    return this.#write(this.#connection, [this.#framing.frameControl?.(text) ?? this.#framing.frame(text)]);
  }

  /** Writes a text of the connection to a poll without answering it, where a reader can tell the text from what will follow. */
  writeOn(text: string | undefined): void {
    const framing = this.#framing;
    if (text === undefined || !framing?.delimited) return;
    this.#connection?.writeOn?.([framing.frameControl?.(text) ?? framing.frame(text)]);
  }

  /** Writes what is owed, until nothing is or the connection is full. */
  flush(): void {
    while (this.#connection && this.#framing && !this.#full) {
      const sources = this.#sources();
      // The log has lost what a connection that stays open has yet to get. It would go on without a word, so it is cut.
      if (this.gap && this.onGap) return this.onGap();
      const [only] = sources;
      if (!only) return this.#allLive(this.#connection);
      const single = this.#connection.transport.oneShot && !this.#framing.delimited;
      const step =
        sources.length === 1 && only instanceof Subscribed
          ? this.#fromOne(only, this.#framing, single)
          : this.#merged(sources, this.#framing, single);
      if (step.frames.length > 0 && this.#write(this.#connection, step.frames) === 'closed') return;
      step.advance();
    }
  }

  #fromOne(source: Subscribed, framing: Framing, single: boolean): { frames: readonly Frame[]; advance: () => void } {
    const batch = source.broadcaster.fanout.batch(framing, source.cursor, single, this.resource);
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
      let next: { source: Source; entry: LogEntry; cursor: number } | undefined;
      for (const [source, cursor] of cursors) {
        if (cursor >= source.log.end) continue;
        const entry = source.log.at(cursor);
        if (!next || entry.sequence < next.entry.sequence) next = { source, entry, cursor };
      }
      if (!next) break;
      const payload = next.entry.view ? next.entry.view(this.resource) : next.entry.payload;
      if (payload !== undefined) frames.push(framing.frame(payload));
      bytes += payload?.length ?? 0;
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
      connection.join(subscription.broadcaster.fanout.enterGroup(this.#framing, connection.transport));
      subscription.live = 'group';
    } else {
      subscription.broadcaster.fanout.pull(subscription);
    }
  }

  #pause(subscription: Subscribed): void {
    if (subscription.live === 'group' && this.#framing) {
      const topic = subscription.broadcaster.fanout.leaveGroup(this.#framing);
      if (topic !== undefined) this.#connection?.leave?.(topic);
    }
    subscription.broadcaster.fanout.pause(subscription);
  }
}
