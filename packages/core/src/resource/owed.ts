import { Departed } from './departed';
import { DurableLog } from '../log/durable-log';
import { MemoryLog, type LogEntry, type MessageLog } from '../log/message-log';
import type { Outbound } from './outbound';
import type { OutboundRules } from './outbound-rules';
import { thin } from './slow-clients';
import { Absent, Outbox, type RestoredPlace, type Source, type Subscribed } from './subscription';
import { Subscriptions } from './subscriptions';

const none: readonly never[] = [];

/**
 * What a resource has yet to get. It remembers offsets, not messages: one in each broadcaster's log, and one in its own
 * outbox, which exists only while something that was sent to it alone waits, or may have to be sent again.
 */
export class Owed extends Subscriptions {
  #outbox: Source | undefined;
  /** Whether messages were lost, which the service was not told of. */
  gap = false;
  /** Gaps that the client was not told of, the oldest first: the number of the newest message that each has lost, -1 if it is not known. */
  private gaps: readonly number[] = none;
  /** Whether what was sent to the resource alone stays in the outbox, because its client may prove that it has less. */
  retains = false;

  constructor(
    readonly rules: OutboundRules,
    private readonly out: Pick<Outbound, 'parts' | 'resource' | 'isQuiet'>,
  ) {
    super();
  }

  /** When something was last published that reached the connection, in milliseconds since the epoch. */
  get lastPublish(): number {
    let latest = 0;
    for (let each = this.first; each; each = each.next)
      if (each.live !== 'no') latest = Math.max(latest, each.broadcaster.fanout.lastPublish);
    return latest;
  }

  /** Whether something that was sent to the resource alone waits. */
  get ownWaits(): boolean {
    return this.#outbox?.owes === true;
  }

  /** Whether one more message to the resource alone, of that length, would push out one that waits. */
  isCrowded(length: number): boolean {
    return this.#outbox?.owes === true && this.#outbox.log.keeps?.(this.#outbox.cursor, length) === false;
  }

  /** How many messages that were sent to the resource alone wait. */
  get ownSize(): number {
    return this.#outbox ? Math.max(0, this.#outbox.log.end - this.#outbox.cursor) : 0;
  }

  /** Whether anything waits. */
  get any(): boolean {
    return this.sources.some((source) => source.owes);
  }

  /** Whether nothing waits, all that is broadcast will be told of, and nobody is to be told of a gap. */
  get isSettled(): boolean {
    for (let source = this.first; source; source = source.next) if (source.live === 'no' || source.owes) return false;
    return !this.ownWaits && !this.untold && !this.gap && !this.departures?.size;
  }

  /** How many messages wait. */
  get size(): number {
    return this.sources.reduce((sum, { end, cursor }) => sum + Math.max(0, end - cursor), 0);
  }

  override add(subscription: Subscribed): void {
    this.out.isQuiet = false;
    this.appeared(subscription.broadcaster.id);
    super.add(subscription);
  }

  /** A subscription has ended. What was broadcast while it lasted is owed as before. */
  depart(subscription: Subscribed): void {
    this.remove(subscription);
    if (subscription.owes || (this.retains && subscription.holds))
      this.keepDeparted(new Departed(subscription, this.out.parts.lastSequence(), this.out));
  }

  /** A subscription that had ended in an earlier run of the server; something of what it brought may be left in that log. */
  restoreDeparted(id: string, log: MessageLog, { since, position, until = -1 }: RestoredPlace): void {
    const departed = new Departed(new Absent(id, log, since), until, this.out);
    if (departed.seek(position)) this.missed();
    this.keepDeparted(departed);
  }

  /**
   * Keeps what is sent to the resource alone.
   *
   * @param isWritten whether its connection has it already
   */
  keep(entry: LogEntry, isWritten: boolean): void {
    this.out.isQuiet = false;
    this.#outbox ??= this.openOutbox(false);
    this.#outbox.log.append(entry);
    if (isWritten) this.#outbox.cursor = this.#outbox.log.end;
  }

  /** Forgets all but the subscriptions. */
  forget(): void {
    this.forgetOutbox();
    this.departures?.forget(() => true);
  }

  // Not `#`: that would take a word of memory in each instance.
  private forgetOutbox(): void {
    const { log } = this.#outbox ?? {};
    if (log instanceof DurableLog) this.out.parts.durability?.drop(log);
    this.#outbox = undefined;
  }

  /** Of what it was owed in an earlier run of the server, nothing is left up to that number; -1 when all is. */
  forgot(upTo: number): void {
    if (upTo < 0) return;
    const departures = this.makeDepartures(this.rules.outboxBounds);
    departures.forgotten = Math.max(departures.forgotten, upTo);
  }

  /** What was sent to the resource alone in an earlier run of the server is there again. */
  restoreOutbox(position: number): void {
    this.#outbox = this.openOutbox(true);
    if (this.#outbox.seek(position)) this.missed();
  }

  /** A broadcaster in which it had a place is not there yet; what is left of its log is. */
  await(id: string, log: MessageLog, { since, position }: RestoredPlace): void {
    const absent = new Absent(id, log, since);
    if (absent.seek(position)) this.missed();
    this.addAbsent(absent);
  }

  private openOutbox(isRestored: boolean): Source {
    const { outboxBounds } = this.rules;
    const { parts, resource } = this.out;
    const { durability } = parts;
    if (!durability) return new Outbox(new MemoryLog(outboxBounds));
    const { uuid, endpoint } = resource;
    return new Outbox(durability.openOutbox({ uuid, path: endpoint.path }, outboxBounds, isRestored));
  }

  /** Between two sweeps a log may have more than it should. */
  expire(now: number): void {
    for (let each = this.first; each; each = each.next) each.log.expire(now);
    for (const { log } of this.absent) log.expire(now);
    this.#outbox?.log.expire(now);
    this.departures?.expire(now);
  }

  /**
   * Messages were lost.
   *
   * @param upTo number of the newest of them, if it is known
   */
  missed(upTo = -1): void {
    this.gap = true;
    if (!this.gaps.includes(upTo)) this.gaps = [...this.gaps, upTo].sort((one, other) => one - other);
    this.out.isQuiet = false;
  }

  /** Whether messages were lost, which the client was not told of. */
  get untold(): boolean {
    return this.gaps.length > 0;
  }

  /** Number of the newest message of the oldest gap that the client was not told of; -1 if it is not known. */
  get lostUpTo(): number {
    return this.gaps[0] ?? -1;
  }

  /** The client knows of the oldest gap, and of all up to that number. Default: of all. */
  told(upTo = Infinity): void {
    this.gaps = this.gaps.filter((gap, index) => index > 0 && gap > upTo);
  }

  /** Of these, the sources that have something older than the oldest gap. */
  beforeGap(due: readonly Source[]): readonly Source[] {
    const { lostUpTo } = this;
    return due.filter(({ log, cursor }) => log.at(cursor).sequence < lostUpTo);
  }

  /** Goes on after the message of that number, forward or back. */
  seek(sequence: number): void {
    for (const source of this.sources) if (source.seek(sequence)) this.missed(source.forgotten);
    this.departures?.seek(sequence, (upTo) => this.missed(upTo));
  }

  /** The sources that have something to write, native groups left out. */
  due(): readonly Source[] {
    let due: Source[] | undefined;
    for (let source = this.first; source; source = source.next) {
      if (source.live === 'group') continue;
      if (source.catchUp()) this.missed(source.forgotten);
      if (source.owes) (due ??= []).push(source);
    }
    for (const source of this.absent) if (source.owes) (due ??= []).push(source);
    if (this.departures?.owing.size)
      for (const source of this.departures.due(this.retains, (upTo) => this.missed(upTo))) (due ??= []).push(source);
    if (this.#outbox?.catchUp()) this.missed(this.#outbox.log.forgotten);
    if (this.#outbox?.owes) (due ??= []).push(this.#outbox);
    else if (this.#outbox && !this.retains) this.forgetOutbox();
    return due ?? none;
  }

  /** Number of the last message such that it, and all before it, were written, when the newest of all has that number. */
  position(newest: number): number {
    return this.due().reduce((least, { log, cursor }) => Math.min(least, log.at(cursor).sequence - 1), newest);
  }

  /** Leaves out what a client that was slow is not to get. */
  thin(): void {
    const { slowClients, slowClientMessages } = this.rules;
    for (const source of [...this.subscriptions, ...(this.departures?.owing ?? none)]) {
      const thinned = thin(source, slowClients, slowClientMessages);
      if (!thinned) continue;
      source.dropped = thinned.dropped;
      if (thinned.gap) this.missed();
    }
  }

  /** Whether the policy leaves messages out, and the connection goes on all the same. */
  get mayMiss(): boolean {
    const { slowClients } = this.rules;
    return slowClients === 'drop-oldest' || slowClients === 'drop-newest';
  }

  /** Whether more waits than the policy lets wait. */
  get tooMuch(): boolean {
    const { slowClients, slowClientMessages } = this.rules;
    return slowClients === 'disconnect' && this.size > slowClientMessages;
  }

  /** All but what was brought by subscriptions that have ended, and was written. */
  private get sources(): readonly Source[] {
    const { subscriptions, absent, departures } = this;
    const owing = departures?.owing ?? none;
    const shared = departures || absent.length > 0 ? [...subscriptions, ...owing, ...absent] : subscriptions;
    return this.#outbox ? [...shared, this.#outbox] : shared;
  }

  private keepDeparted(departed: Departed): void {
    for (const lost of this.makeDepartures(this.rules.outboxBounds).add(departed, this.retains)) this.missed(lost);
  }
}
