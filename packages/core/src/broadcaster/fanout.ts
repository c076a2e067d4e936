import type { Payload } from '@ionosphere/protocol';
import type { Framing } from '../codec/framing';
import { Decisions } from './decisions';
import type { View } from './filtering';
import type { LogEntry, MessageLog } from '../log/message-log';
import type { Resource } from '../resource/resource';
import type { SharedParts } from './broadcaster-parts';
import type { Stream } from './cohort';
import { Pulled, type Batch, type Reader } from './pulled';
import type { Frame, Transport } from '../transport';

/** A resource's place in one broadcaster. */
export interface Subscription extends Reader {
  /** The one that was added after it, and the one before: a list of its own would take as much again. */
  younger: Subscription | undefined;
  older: Subscription | undefined;
  /** Offset of the next message to write. Follows the log while `live` is `pulled`; is meaningless while it is `group` or `in step`. */
  cursor: number;
  /**
   * How new messages reach the resource: by a native group; from the log at the end of the turn, by itself or in step with
   * others; or not now.
   */
  live: 'group' | 'pulled' | 'in step' | 'no';
  /** Called with each value that is broadcast, when somebody wants to know; `watchers` is told of each that begins or ends. */
  readonly watch: ((message: unknown) => void) | undefined;
  /** Writes a message that is not the same for all, or not in the log, to a member of a native group. */
  write(payload: Payload, entry: LogEntry): void;
  /** Whether it is a member of the native group for a framing. */
  isIn(framing: Framing): boolean;
  /** Publishes to all of its native group but itself. */
  publish(topic: string, frame: Frame): void;
  /** Takes a member whose peer does not keep up out of its native group. */
  relieve(): void;
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

/** After how much the members of a native group are asked whether they keep up, in payload length: a publish does not tell. */
const ASK_BYTES = 128 * 1024;

let topics = 0;

/**
 * Who is subscribed to a broadcaster, and the shortest way to each: one publish per native group, whatever its size, and
 * for connections that are served one by one a shared buffer per framing, written at the end of the turn.
 */
export class Fanout {
  // Fields rather than collections, where one will do: a broadcast by one of many touches few places of memory.
  #oldest: Subscription | undefined;
  #youngest: Subscription | undefined;
  #size = 0;
  #pulled: Pulled | undefined;
  #groups: Group | undefined;
  #watched = 0;
  /** What is being decided on, one by one. */
  #deciding: Decisions | undefined;
  /** When a message was last sent to all, in milliseconds since the epoch. */
  lastPublish = 0;

  constructor(
    private readonly broadcaster: string,
    private readonly log: MessageLog,
    private readonly shared: Pick<SharedParts, 'outflow' | 'logger' | 'timers'>,
  ) {}

  get size(): number {
    return this.#size;
  }

  /** Whether somebody wants to know of each message. */
  get isWatched(): boolean {
    return this.#watched > 0;
  }

  /** The oldest first. */
  get resources(): Resource[] {
    return this.all.map(({ resource }) => resource);
  }

  // A copy, because those who are called may end any of them. Not `#`: that would take a word of memory in each instance.
  private get all(): Subscription[] {
    const all: Subscription[] = [];
    for (let each = this.#oldest; each; each = each.younger) all.push(each);
    return all;
  }

  /**
   * Called before a message of that length gets its number: what it would push out of the log unread leaves now, at a higher
   * price.
   *
   * @param view when it is not the same for all: then it is decided now what members of native groups get
   */
  prepare(length: number, view?: View): Decisions | undefined {
    if (view) return this.decide(length, view);
    this.#pulled?.makeRoom(length);
    return undefined;
  }

  /**
   * Sends a message, which is in the log by now, to all that are connected.
   *
   * @param left the subscription of the resource that does not get it, if it has one
   * @param decisions when it is not the same for all
   */
  deliver(entry: LogEntry, left?: Subscription, decisions?: Decisions): void {
    this.writeToGroups(entry, left, decisions);
    this.#pulled?.appended();
    if (decisions && decisions.leavers.length > 0) this.sendToLeavers(decisions);
  }

  /** Sends a message that is not in the log: who is not connected misses it. */
  deliverOnce(entry: LogEntry, left?: Subscription, decisions?: Decisions): void {
    this.writeToGroups(entry, left, decisions);
    this.#pulled?.sendOnce(entry, left);
    if (decisions && decisions.leavers.length > 0) this.sendToLeavers(decisions, true);
  }

  /** @param once whether it is for those who are connected only */
  private sendToLeavers(decisions: Decisions, once = false): void {
    const there = new Set(this.resources);
    for (const leaver of decisions.leavers) {
      const { resource } = leaver;
      const payload = decisions.payloadFor(leaver);
      // Who is subscribed again gets it by that.
      if (payload === undefined || there.has(resource) || (once && resource.state !== 'ready')) continue;
      resource.send(payload);
    }
  }

  private decide(length: number, view: View): Decisions {
    const decisions = new Decisions(view);
    const outer = this.#deciding;
    this.#deciding = decisions;
    try {
      decisions.decide(this.all);
      // Last, because who decides may broadcast.
      this.#pulled?.makeRoom(length);
    } finally {
      this.#deciding = outer;
      // Who leaves while it is decided on a message that goes first leaves while it is decided on this one.
      for (const leaver of decisions.leavers) outer?.leavers.push(leaver);
    }
    return decisions;
  }

  private writeToGroups(entry: LogEntry, left: Subscription | undefined, decisions: Decisions | undefined): void {
    if (entry.view) return this.writeDecided(entry, decisions ?? new Decisions(entry.view));
    this.lastPublish = entry.at;
    for (let group = this.#groups; group; group = group.next) {
      const frame = group.framing.frame(entry.payload, entry);
      if (frame === undefined) continue;
      if (left?.isIn(group.framing)) left.publish(group.topic, frame);
      else group.publish(group.topic, frame);
      group.unasked += entry.payload.length;
      if (group.unasked > ASK_BYTES) this.askMembers(group);
    }
  }

  private askMembers(group: Group): void {
    group.unasked = 0;
    let left = 0;
    for (let each = this.#groups; each; each = each.next) left += each.size;
    // Who is away for long came early: from the other end, and no further than to the last member, they are not looked at.
    for (let each = this.#youngest; each && left > 0;) {
      const subscription = each;
      // First, because one that is asked may leave.
      each = each.older;
      if (subscription.live !== 'group') continue;
      left--;
      subscription.relieve();
    }
  }

  private writeDecided(entry: LogEntry, decisions: Decisions): void {
    for (const subscription of this.all) {
      if (subscription.live !== 'group') continue;
      const payload = decisions.payloadFor(subscription);
      if (payload !== undefined) subscription.write(payload, entry);
    }
  }

  /** Tells those that want to know of each message that they are about to get. */
  announce(message: unknown, wanted: ((resource: Resource) => boolean) | undefined): void {
    for (const { watch, resource } of this.all) if (watch && (wanted?.(resource) ?? true)) watch(message);
  }

  /** What is in the log for a resource: `Pulled.batch`. */
  batch(framing: Framing, start: number, single: boolean, resource: Resource): Batch {
    return this.pulling.batch(framing, start, single, resource);
  }

  add(subscription: Subscription): void {
    this.#size++;
    subscription.older = this.#youngest;
    if (this.#youngest) this.#youngest.younger = subscription;
    else this.#oldest = subscription;
    this.#youngest = subscription;
    if (subscription.watch) this.watchers(1);
  }

  remove(subscription: Subscription): void {
    const { older, younger } = subscription;
    if (!older && this.#oldest !== subscription) return;
    if (older) older.younger = younger;
    else this.#oldest = younger;
    if (younger) younger.older = older;
    else this.#youngest = older;
    subscription.older = undefined;
    subscription.younger = undefined;
    this.#size--;
    this.#deciding?.leavers.push(subscription);
    this.#pulled?.delete(subscription);
    if (subscription.watch) this.watchers(-1);
  }

  /** So many more of its subscriptions have a `watch`, or fewer. */
  watchers(more: number): void {
    this.#watched += more;
  }

  /** From now on the subscription is flushed at the end of each turn with a message. */
  pull(subscription: Subscription): void {
    subscription.live = 'pulled';
    this.pulling.add(subscription);
  }

  /** From now on its stream is written to with those that have got the same. Tells whether it can be. */
  stepIn(subscription: Subscription, stream: Stream, framing: Framing): boolean {
    const { pulling } = this;
    if (!pulling.stepIn(stream, framing, subscription.cursor)) return false;
    if (subscription.live === 'pulled') pulling.delete(subscription);
    subscription.live = 'in step';
    return true;
  }

  /** It is served by itself again. */
  stepOut(subscription: Subscription, stream: Stream, framing: Framing): void {
    subscription.cursor = this.pulling.stepOut(stream, framing);
    this.pull(subscription);
  }

  /** One that is served one by one is served in the place of another. */
  exchange(left: Reader, joined: Reader): Pulled {
    const { pulling } = this;
    pulling.delete(left);
    pulling.add(joined);
    return pulling;
  }

  private get pulling(): Pulled {
    return (this.#pulled ??= new Pulled(this.broadcaster, this.log, this.shared));
  }

  /** The subscription is no longer served; its cursor stays where it has read to. */
  pause(subscription: Subscription): void {
    if (subscription.live === 'group') subscription.cursor = this.log.end;
    subscription.live = 'no';
    this.#pulled?.delete(subscription);
  }

  /** Topic of the native group for a framing; counts one more member. */
  enterGroup(framing: Framing, transport: Transport): string {
    const group = this.groupOf(framing) ?? this.open(framing, transport);
    group.size++;
    return group.topic;
  }

  /** Counts one member less; gives the topic it was in. */
  leaveGroup(framing: Framing): string | undefined {
    const group = this.groupOf(framing);
    if (!group) return undefined;
    if (--group.size === 0) this.close(group);
    return group.topic;
  }

  private groupOf(framing: Framing): Group | undefined {
    let group = this.#groups;
    while (group && group.framing !== framing) group = group.next;
    return group;
  }

  private open(framing: Framing, { name, publish }: Transport): Group {
    if (!publish) throw new TypeError(`transport ${name} can't publish`);
    const group: Group = { framing, next: undefined, topic: `b${++topics}`, publish, size: 0, unasked: 0 };
    let last = this.#groups;
    while (last?.next) last = last.next;
    if (last) last.next = group;
    else this.#groups = group;
    return group;
  }

  private close(group: Group): void {
    if (this.#groups === group) this.#groups = group.next;
    for (let each = this.#groups; each; each = each.next) if (each.next === group) each.next = group.next;
  }
}
