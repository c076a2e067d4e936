import { gapNotice, type Payload } from '@ionosphere/protocol';
import type { Broadcaster } from '../broadcaster/broadcaster';
import { isStream } from '../broadcaster/cohort';
import { Drain } from './drain';
import type { Framing } from '../codec/framing';
import { merge, nearest } from './merge';
import type { LogEntry } from '../log/message-log';
import type { OutboundParts, OutboundRules } from './outbound-rules';
import { Owed } from './owed';
import type { Request } from '../request/request';
import type { Resource } from './resource';
import { moveTo, Subscribed, type RestoredPlace, type Source } from './subscription';
import type { Connection } from '../transport';
import { Writer } from './writer';

export type { OutboundParts } from './outbound-rules';

/**
 * Writes to a resource what it is owed, on whatever connection it has.
 *
 * While a connection keeps up it is *live*: new messages reach it through a native group or from the outflow. One that is
 * full, or gone, is not; its offsets stand still until `drained` or the next `open`, and then all that was missed is
 * written before anything newer.
 */
export class Outbound extends Writer {
  protected readonly debts: Owed;
  /** Whether what is owed is being written. */
  #flushing = false;
  #drain: Drain | undefined;
  /** Called with each value that is broadcast to the resource, when somebody wants to know. */
  watching: Subscribed['watch'] = undefined;

  constructor(parts: OutboundParts, resource: Resource, rules: OutboundRules, request: Request) {
    super(parts, resource, request);
    this.debts = new Owed(rules, this);
  }

  get broadcasters(): Broadcaster[] {
    return this.owed.subscriptions.map((subscription) => subscription.broadcaster);
  }

  /** How much of what was sent to the resource alone waits. */
  get drain(): Drain {
    return (this.#drain ??= new Drain(this.owed, this.parts.outflow));
  }

  /** Whether something was sent that has yet to leave. */
  get owes(): boolean {
    return this.full || this.owed.due().length > 0;
  }

  /** Number of the last message such that it, and all before it, were written to the resource. */
  get position(): number {
    return this.owed.position(this.parts.lastSequence());
  }

  /** Whether it is subscribed to the broadcaster of that name. */
  has(broadcaster: Broadcaster): boolean {
    return this.owed.find(broadcaster) !== undefined;
  }

  /**
   * @param isNew whether it gets the history of the log, if the log has one for who is new
   * @param restored where it was in an earlier run of the server. Default: it begins now.
   */
  subscribe({ current: broadcaster }: Broadcaster, isNew = true, restored?: RestoredPlace): void {
    if (this.has(broadcaster)) return;
    const { log } = broadcaster;
    log.expire(this.parts.now());
    const tellsHistory = isNew && log.history === true;
    // What it is owed of an earlier subscription is in the history.
    if (tellsHistory) this.owed.departures?.forget((departed) => departed.log === log);
    const since = restored?.since ?? (tellsHistory ? log.forgotten : this.parts.lastSequence());
    const subscription = new Subscribed(broadcaster, this, since, tellsHistory ? log.start : log.end);
    if (restored && subscription.seek(restored.position)) this.owed.missed();
    broadcaster.add(subscription);
    this.owed.add(subscription);
    // The history of the log comes before anything newer.
    if (this.connection && !this.full && subscription.owes) this.flush();
    else if (this.connection && !this.full) subscription.goLive(this.connection);
    broadcaster.joined(this.resource);
    this.parts.durability?.changed(this.resource);
  }

  /** Calls `watch` with each value that is broadcast to the resource; undefined ends it. */
  watch(watch: Subscribed['watch']): void {
    const more = Number(watch !== undefined) - Number(this.watching !== undefined);
    this.watching = watch;
    if (more === 0) return;
    for (const { broadcaster } of this.owed.subscriptions) broadcaster.fanout.watchers(more);
  }

  /** What was broadcast before is still its own, as it is a WebSocket's that got it at once. */
  unsubscribe(broadcaster: Broadcaster): void {
    const subscription = this.owed.find(broadcaster);
    if (!subscription) return;
    // A log that is full would not have it any more at the end of the turn.
    if (subscription.live === 'pulled' && subscription.owes) this.flush();
    // What decides what it gets may have ended it.
    if (this.owed.find(broadcaster) !== subscription) return;
    subscription.pause();
    this.owed.depart(subscription);
    subscription.broadcaster.remove(subscription);
    this.parts.durability?.changed(this.resource);
  }

  /** What it is owed stays, and goes with its next connection. */
  unsubscribeAll(): void {
    for (const broadcaster of this.broadcasters) this.unsubscribe(broadcaster);
  }

  /** Nothing is sent any more. */
  end(): void {
    this.close();
    for (const subscription of this.owed.subscriptions) {
      this.owed.remove(subscription);
      subscription.broadcaster.remove(subscription);
    }
    this.owed.forget();
    this.#drain?.end();
  }

  /**
   * Takes a connection. Nothing is written yet: a handshake may have to come first.
   *
   * @param framing Default: that of the last one.
   */
  open(connection: Connection, framing = this.framing): void {
    this.take(connection);
    this.framing = framing;
    this.full = false;
    this.owed.expire(this.parts.now());
  }

  /** The poll that rested is attached again, and is written what has come meanwhile. Tells whether something may have come. */
  wake(): boolean {
    this.takeUp();
    if (this.isQuiet) return false;
    this.owed.expire(this.parts.now());
    this.flush();
    return true;
  }

  /** No poll follows the last one so soon that all goes on as it was. */
  lapse(): void {
    if (!this.resting) return;
    const { restsSince } = this;
    this.close();
    // Its client has as long to come back as before.
    this.rested = restsSince;
  }

  /** The connection has room again: writes what was missed, as the policy for slow clients says. Tells whether there was anything. */
  resume(): boolean {
    this.full = false;
    this.endStall();
    const behind = this.owed.any;
    this.owed.thin();
    if (this.parts.durability) this.resource.durable.claim();
    this.flush();
    return behind;
  }

  /** The connection is over; offsets stand where it was last seen to take messages. */
  close(): void {
    for (let each = this.owed.first; each; each = each.next) each.pause();
    this.letGo();
    this.full = false;
    this.endStall();
    this.established = false;
    this.parts.durability?.changed(this.resource);
  }

  /**
   * Sends to this resource alone, after all that it was sent before.
   *
   * @param reply whether it is the reply to a message of its own
   */
  send(payload: Payload, reply = false): void {
    const { nextSequence, now, outflow } = this.parts;
    // What is sent in one turn must not push out what the connection would get at its end.
    if (this.owed.isCrowded(payload.length)) this.flush();
    const sequence = nextSequence();
    const connection = this.connection;
    // A connection with a native group has got everything older already: nothing can be overtaken.
    const overtakesNone = connection?.join !== undefined && !this.full && !this.owed.ownWaits;
    // Most of what is sent so is neither remembered nor told its number: an entry would be made for nothing.
    const isBare = !this.owed.retains && this.framing?.tells === false;
    if (isBare && overtakesNone && this.writeNow(payload)) return;
    const entry: LogEntry = { payload, sequence, at: now(), reply: reply || undefined };
    const isWritten = !isBare && overtakesNone && this.writeNow(payload, entry);
    if (!isWritten || this.owed.retains) this.owed.keep(entry, isWritten);
    if (!isWritten && connection && !this.full) outflow.add(this);
  }

  /** Its stream, which was in step with others, has got all up to that offset, and takes no more. @internal */
  stuck(stream: Connection, cursor: number): void {
    const { first } = this.owed;
    if (first) first.cursor = cursor;
    if (stream === this.connection) this.fill(stream);
  }

  /** Writes what is owed, until nothing is or the connection is full. */
  flush(): void {
    // What decides what the resource gets may close or unsubscribe it, which flush: the message in question would come twice.
    if (this.#flushing) return;
    this.#flushing = true;
    this.isQuiet = false;
    try {
      this.flushAll();
    } finally {
      this.#flushing = false;
    }
    this.#drain?.moved();
  }

  // From here on `private` rather than `#`: methods of that kind take a word of memory in each instance.
  private flushAll(): void {
    // To ask a poll that was answered for its connection would bring back its resource.
    while (this.isAttached) {
      const { connection, framing } = this;
      if (!connection || !framing || this.full) return;
      const due = this.owed.due();
      // The notice has one number, and its client goes on behind it: what is older than what is missing goes first.
      const before = this.owed.untold && framing.positioned ? this.owed.beforeGap(due) : due;
      if (before !== due && before.length > 0) {
        if (!this.writeMerged(before, connection, framing, this.owed.lostUpTo)) return;
        continue;
      }
      if (this.owed.untold) {
        if (!this.tell(framing)) return;
        // There may be another gap behind what is due next.
        continue;
      }
      const [only] = due;
      if (!only) return this.allLive(connection);
      const isOne = due.length === 1 && only instanceof Subscribed && !only.dropped;
      if (!(isOne ? this.writeOne(only, connection, framing) : this.writeMerged(due, connection, framing))) return;
    }
  }

  private writeOne(source: Subscribed, connection: Connection, framing: Framing): boolean {
    const single = connection.transport.oneShot && !framing.delimited;
    const { frames, end } = source.broadcaster.fanout.batch(framing, source.cursor, single, this.resource);
    const before = source.cursor;
    // First, because a poll ends with the write, and what it took is counted then.
    source.cursor = end;
    if (frames.length === 0 || this.writeFrames(connection, frames) !== 'closed') return true;
    source.cursor = before;
    return false;
  }

  /** @param until number of the last message that may be written. Default: none is too new. */
  private writeMerged(
    due: readonly Source[],
    connection: Connection,
    framing: Framing,
    // What decides what the resource gets may end a subscription: what comes to that broadcaster after it is not meant for it.
    until = this.parts.lastSequence(),
  ): boolean {
    const single = connection.transport.oneShot && !framing.delimited;
    const sources = nearest(due);
    const before = sources.map(({ cursor }) => cursor);
    const { frames, cursors } = merge(sources, framing, single, this.resource, until);
    moveTo(sources, cursors);
    if (frames.length === 0 || this.writeFrames(connection, frames) !== 'closed') return true;
    moveTo(sources, before);
    return false;
  }

  /**
   * Tells a client that messages are missing, where it can be told; tells whether the connection goes on. One that stays open
   * and would go on without a word is cut: its client is told when it is back, by `@Ready`.
   */
  private tell(framing: Framing): boolean {
    const { position } = this;
    this.owed.told(framing.positioned ? position : undefined);
    if (framing.positioned) return this.writeControl(gapNotice(position)) === 'ok';
    if (this.established && !this.owed.mayMiss) this.overrun();
    return this.connection !== undefined;
  }

  private allLive(connection: Connection): void {
    const { first } = this.owed;
    const { framing } = this;
    const isAlone = first && !first.next && framing;
    if (isAlone && isStream(connection) && first.stepIn(connection, framing)) return;
    for (let each = first; each; each = each.next) if (each.live === 'no') each.goLive(connection);
  }
}
