import type { Payload } from '@ionosphere/protocol';
import type { Broadcaster } from '../broadcaster/broadcaster';
import { isStream, type Stream } from '../broadcaster/cohort';
import type { Subscription } from '../broadcaster/fanout';
import type { Framing } from '../codec/framing';
import { offsetAfter, type LogEntry, type MessageLog } from '../log/message-log';
import type { Outbound } from './outbound';
import type { Resource } from './resource';
import { isDropped, type Dropped } from './slow-clients';
import type { Connection, Frame } from '../transport';

/** Where a subscription was, in numbers of messages. */
export interface RestoredPlace {
  /** When it began. */
  readonly since: number;
  /** What its resource has got. */
  readonly position: number;
  /** When it ended; undefined while it has not. */
  readonly until?: number | undefined;
}

/** Messages in order, and how far one resource has got them. */
export abstract class Source {
  /** Offset of the next message to write. */
  abstract cursor: number;
  /** What the resource is not to get because it was slow. */
  abstract dropped: Dropped | undefined;

  /** @param since number of the last message that is not meant for the resource */
  constructor(readonly since: number) {}

  abstract get log(): MessageLog;

  /** Offset after the last message that is meant for the resource. */
  get end(): number {
    return this.log.end;
  }

  /** Number of the newest message that was meant for the resource and is no longer there; -1 while all are. */
  get forgotten(): number {
    return this.log.forgotten;
  }

  /** Whether something is owed; first, what is dropped is passed over. */
  get owes(): boolean {
    const { end } = this;
    if (this.dropped) while (this.cursor < end && isDropped(this, this.cursor)) this.cursor++;
    return this.cursor < end;
  }

  /** Whether anything that is meant for the resource is still there, whatever it has got. */
  get holds(): boolean {
    return offsetAfter(this.log, this.since) < this.end;
  }

  /** Goes on with what is still there; tells whether something that was owed is not. */
  catchUp(): boolean {
    const start = Math.min(this.log.start, this.end);
    if (this.cursor >= start) return false;
    this.cursor = start;
    return true;
  }

  /** Goes on after the message of that number, forward or back; tells whether something between was forgotten. */
  seek(sequence: number): boolean {
    const from = Math.max(this.since, sequence);
    this.cursor = offsetAfter(this.log, from);
    this.dropped = undefined;
    return this.forgotten > from;
  }
}

/** What is sent to one resource alone. */
export class Outbox extends Source {
  cursor = 0;
  dropped: Dropped | undefined = undefined;

  constructor(readonly log: MessageLog) {
    super(-1);
  }
}

/** A resource's place in a broadcaster of an earlier run of the server that is not there yet: nothing new comes to it. */
export class Absent extends Source {
  cursor: number;
  dropped: Dropped | undefined = undefined;

  /**
   * @param id name of the broadcaster
   * @param log what is left of its log
   */
  constructor(
    readonly id: string,
    readonly log: MessageLog,
    since: number,
  ) {
    super(since);
    this.cursor = log.end;
  }

  /** Number of the last message such that it, and all before it, were written. */
  get position(): number {
    return this.owes ? this.log.at(this.cursor).sequence - 1 : Infinity;
  }
}

/** A resource's place in one broadcaster. */
export class Subscribed extends Source implements Subscription {
  dropped: Dropped | undefined = undefined;
  live: Subscription['live'] = 'no';
  younger: Subscription['younger'] = undefined;
  older: Subscription['older'] = undefined;
  /** The next subscription of its resource. */
  next: Subscribed | undefined = undefined;

  constructor(
    readonly broadcaster: Broadcaster,
    private readonly outbound: Outbound,
    since: number,
    /** Offset of the next message to write; at first, of the first that is meant for the resource. */
    public cursor: number,
  ) {
    super(since);
  }

  get id(): string {
    return this.broadcaster.id;
  }

  get log(): MessageLog {
    return this.broadcaster.log;
  }

  get resource(): Resource {
    return this.outbound.resource;
  }

  get watch(): Subscription['watch'] {
    return this.outbound.watching;
  }

  /** From now on what is broadcast reaches the connection by itself. */
  goLive(connection: Connection): void {
    const { framing } = this.outbound;
    const { fanout } = this.broadcaster;
    this.dropped = undefined;
    if (!connection.join || !framing) return fanout.pull(this);
    connection.join(fanout.enterGroup(framing, connection.transport));
    this.live = 'group';
  }

  /** From now on what is broadcast reaches the stream together with others. Tells whether it can. */
  stepIn(stream: Stream, framing: Framing): boolean {
    if (!this.broadcaster.fanout.stepIn(this, stream, framing)) return false;
    this.dropped = undefined;
    return true;
  }

  /** It is served by itself again, if it was not. */
  stepOut(): void {
    if (this.live !== 'in step') return;
    const { connection, framing } = this.outbound;
    if (connection && isStream(connection) && framing) this.broadcaster.fanout.stepOut(this, connection, framing);
  }

  /** What is broadcast waits in the log. */
  pause(): void {
    const { connection, framing } = this.outbound;
    const { fanout } = this.broadcaster;
    if (this.live === 'group' && framing) {
      const topic = fanout.leaveGroup(framing);
      if (topic !== undefined) connection?.leave?.(topic);
    }
    fanout.pause(this);
  }

  flush(): void {
    this.outbound.flush();
  }

  write(payload: Payload, entry: LogEntry): void {
    this.outbound.writeNow(payload, entry);
  }

  isIn(framing: Framing): boolean {
    return this.live === 'group' && this.outbound.framing === framing;
  }

  publish(topic: string, frame: Frame): void {
    this.outbound.connection?.publish?.(topic, frame);
  }

  relieve(): void {
    this.outbound.relieve();
  }
}

/** Sets the offsets of several sources. */
export function moveTo(sources: readonly Source[], cursors: readonly number[]): void {
  for (const [index, source] of sources.entries()) source.cursor = cursors[index] ?? source.cursor;
}
