import type { Payload } from '@ionosphere/protocol';
import { joined, type Framing } from '../codec/framing';
import type { LogEntry, MessageLog } from '../log/message-log';
import type { Outflow } from './outflow';
import type { Resource } from '../resource/resource';
import type { Frame, Transport } from '../transport';

/** A resource's place in one broadcaster. */
export interface Subscription {
  readonly resource: Resource;
  /** Offset of the next message to write. Follows the log while `live` is `pulled`; is meaningless while it is `group`. */
  cursor: number;
  /** How new messages reach the resource: by a native group, from the log at the end of the turn, or not now. */
  live: 'group' | 'pulled' | 'no';
  /** Called with each value that is broadcast, when somebody wants to know. */
  readonly watch: ((message: unknown) => void) | undefined;
  /** Writes what is due to a pulled resource. */
  flush(): void;
  /** Writes a message that is not the same for all, or not in the log, to a member of a native group. */
  write(payload: Payload, entry: LogEntry): void;
  /** Whether it is a member of the native group for a framing. */
  isIn(framing: Framing): boolean;
  /** Publishes to all of its native group but itself. */
  publish(topic: string, frame: Frame): void;
  /** Takes a member whose peer does not keep up out of its native group. */
  relieve(): void;
}

/** Consecutive messages of a log, framed, ready for one write. */
export interface Batch {
  readonly frames: readonly Frame[];
  /** Offset after the last of them. */
  readonly end: number;
  /** Uuids of resources that do not get all of them. */
  readonly except?: readonly string[] | undefined;
}

/** A batch that the resources of one framing have in common. */
interface SharedBatch extends Batch {
  readonly start: number;
  readonly single: boolean;
}

/** Members of the native groups of one broadcaster who are framed alike. */
interface Group {
  readonly framing: Framing;
  /** The next group; most broadcasters have one. */
  next: Group | undefined;
  readonly topic: string;
  readonly publish: (topic: string, frame: Frame) => void;
  size: number;
  /** How much was published since its members were last asked whether they keep up, in payload length. */
  unasked: number;
}

/** How much of what waits goes into one write, in payload length; the message that reaches it is the last. */
export const BATCH_BYTES = 256 * 1024;

/** After how much the members of a native group are asked whether they keep up, in payload length: a publish does not tell. */
const ASK_BYTES = 128 * 1024;

const none: readonly never[] = [];

let topics = 0;

/**
 * Who is subscribed to a broadcaster, and the shortest way to each: one publish per native group, whatever its size, and
 * for connections that are served one by one a shared buffer per framing, written at the end of the turn.
 */
export class Fanout {
  readonly #log: MessageLog;
  readonly #outflow: Outflow;
  readonly #onError: (error: unknown) => void;
  readonly #subscriptions = new Set<Subscription>();
  // Fields rather than collections, where one will do: a broadcast by one of many touches few places of memory.
  #size = 0;
  #pulled: Set<Subscription> | undefined;
  /** How many are in `#pulled`. */
  #pulls = 0;
  #groups: Group | undefined;
  /** The batch that the resources of one framing read last; most of them read the same. Forgotten with the next message. */
  #batches: Map<Framing, SharedBatch> | undefined;
  #watched = 0;
  /** Offset of the oldest message that waits for the end of the turn; -1 while none does. */
  #unread = -1;
  /** When a message was last sent to all, in milliseconds since the epoch. */
  lastPublish = 0;

  constructor(log: MessageLog, outflow: Outflow, onError: (error: unknown) => void) {
    this.#log = log;
    this.#outflow = outflow;
    this.#onError = onError;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether somebody wants to know of each message. */
  get isWatched(): boolean {
    return this.#watched > 0;
  }

  get resources(): Resource[] {
    return [...this.#subscriptions].map(({ resource }) => resource);
  }

  /** Called before a message of that length gets its number: what it would push out of the log unread leaves now, at a higher price. */
  makeRoom(length: number): void {
    if (this.#unread >= 0 && this.#log.keeps?.(this.#unread, length) === false) this.flush();
  }

  /**
   * Sends a message, which is in the log by now, to all that are connected.
   *
   * @param left the subscription of the resource that does not get it, if it has one
   */
  deliver(entry: LogEntry, left?: Subscription): void {
    this.#writeToGroups(entry, left);
    this.#batches = undefined;
    if (this.#pulls === 0) return;
    if (this.#unread < 0) this.#unread = this.#log.end - 1;
    this.#outflow.add(this);
  }

  /** Sends a message that is not in the log: who is not connected misses it. */
  deliverOnce(entry: LogEntry, left?: Subscription): void {
    const { payload, view } = entry;
    this.#writeToGroups(entry, left);
    for (const subscription of this.#pulled ?? none) {
      if (subscription === left) continue;
      const { resource } = subscription;
      const own = view ? view(resource) : payload;
      if (own !== undefined) resource.send(own);
    }
  }

  #writeToGroups(entry: LogEntry, left: Subscription | undefined): void {
    if (entry.view) return this.#writeViews(entry, entry.view);
    this.lastPublish = entry.at;
    for (let group = this.#groups; group; group = group.next) {
      const frame = group.framing.frame(entry.payload, entry);
      if (left?.isIn(group.framing)) left.publish(group.topic, frame);
      else group.publish(group.topic, frame);
      group.unasked += entry.payload.length;
      if (group.unasked > ASK_BYTES) this.#askMembers(group);
    }
  }

  #askMembers(group: Group): void {
    group.unasked = 0;
    for (const subscription of [...this.#subscriptions]) if (subscription.live === 'group') subscription.relieve();
  }

  #writeViews(entry: LogEntry, view: NonNullable<LogEntry['view']>): void {
    for (const subscription of [...this.#subscriptions]) {
      if (subscription.live !== 'group') continue;
      const payload = view(subscription.resource);
      if (payload !== undefined) subscription.write(payload, entry);
    }
  }

  /** Lets the connections that are served one by one write what is new. Called by the outflow. */
  flush(): void {
    this.#unread = -1;
    for (const subscription of this.#pulled ?? none) {
      try {
        subscription.flush();
      } catch (error) {
        // One connection that fails must not keep the message from the others.
        this.#onError(error);
      }
    }
    this.#batches = undefined;
  }

  /** Tells those that want to know of each message that they are about to get. */
  announce(message: unknown, wanted: ((resource: Resource) => boolean) | undefined): void {
    for (const { watch, resource } of this.#subscriptions) if (watch && (wanted?.(resource) ?? true)) watch(message);
  }

  /**
   * What is in the log for a resource from an offset on, framed, as much as fits one write. There may be no frames in it,
   * when the messages are for others.
   *
   * @param single at most one message: for connections that end with a write and can't keep frames apart.
   */
  batch(framing: Framing, start: number, single: boolean, resource: Resource): Batch {
    const first = this.#log.at(start);
    if (first.view) {
      const own = first.view(resource);
      return { frames: own === undefined ? [] : [framing.frame(own, first)], end: start + 1 };
    }
    const batch = this.#shared(framing, start, single);
    return batch.except?.includes(resource.uuid) ? this.#read(framing, start, single, resource.uuid) : batch;
  }

  #shared(framing: Framing, start: number, single: boolean): SharedBatch {
    const known = this.#batches?.get(framing);
    if (known && known.start === start && known.single === single) return known;
    const batch = { ...this.#read(framing, start, single), start, single };
    (this.#batches ??= new Map()).set(framing, batch);
    return batch;
  }

  /** @param uuid whose batch it is, when it is not the same for all */
  #read(framing: Framing, start: number, single: boolean, uuid?: string): Batch {
    const frames: Frame[] = [];
    let except: string[] | undefined;
    let end = start;
    for (let bytes = 0; end < this.#log.end && bytes < BATCH_BYTES && !(single && frames.length > 0); end++) {
      const entry = this.#log.at(end);
      if (entry.view) break;
      if (entry.except !== undefined) {
        if (entry.except === uuid) continue;
        (except ??= []).push(entry.except);
      }
      frames.push(framing.frame(entry.payload, entry));
      bytes += entry.payload.length;
    }
    return { frames: framing.delimited ? joined(frames) : frames, end, except };
  }

  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
    this.#size = this.#subscriptions.size;
    if (subscription.watch) this.#watched++;
  }

  remove(subscription: Subscription): void {
    if (this.#subscriptions.delete(subscription) && subscription.watch) this.#watched--;
    this.#size = this.#subscriptions.size;
    this.#unpull(subscription);
  }

  /** One of the subscribers wants to know of each message from now on, or does no more. */
  watched(begins: boolean): void {
    this.#watched += begins ? 1 : -1;
  }

  /** From now on the subscription is flushed at the end of each turn with a message. */
  pull(subscription: Subscription): void {
    subscription.live = 'pulled';
    this.#pulled ??= new Set();
    this.#pulled.add(subscription);
    this.#pulls = this.#pulled.size;
  }

  /** The subscription is no longer served; its cursor stays where it has read to. */
  pause(subscription: Subscription): void {
    if (subscription.live === 'group') subscription.cursor = this.#log.end;
    subscription.live = 'no';
    this.#unpull(subscription);
  }

  #unpull(subscription: Subscription): void {
    if (this.#pulled?.delete(subscription)) this.#pulls = this.#pulled.size;
  }

  /** Topic of the native group for a framing; counts one more member. */
  enterGroup(framing: Framing, transport: Transport): string {
    const group = this.#groupOf(framing) ?? this.#open(framing, transport);
    group.size++;
    return group.topic;
  }

  /** Counts one member less; gives the topic it was in. */
  leaveGroup(framing: Framing): string | undefined {
    const group = this.#groupOf(framing);
    if (!group) return undefined;
    if (--group.size === 0) this.#close(group);
    return group.topic;
  }

  #groupOf(framing: Framing): Group | undefined {
    let group = this.#groups;
    while (group && group.framing !== framing) group = group.next;
    return group;
  }

  #open(framing: Framing, { name, publish }: Transport): Group {
    if (!publish) throw new TypeError(`transport ${name} can't publish`);
    const group: Group = { framing, next: undefined, topic: `b${++topics}`, publish, size: 0, unasked: 0 };
    let last = this.#groups;
    while (last?.next) last = last.next;
    if (last) last.next = group;
    else this.#groups = group;
    return group;
  }

  #close(group: Group): void {
    if (this.#groups === group) this.#groups = group.next;
    for (let each = this.#groups; each; each = each.next) if (each.next === group) each.next = group.next;
  }
}
