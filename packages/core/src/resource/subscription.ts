import type { Payload } from '@ionosphere/protocol';
import type { Broadcaster } from '../broadcaster/broadcaster';
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
}

/** Messages in order, and how far one resource has got them. */
export abstract class Source {
  /** Offset of the next message to write. */
  cursor: number;
  /** What the resource is not to get because it was slow. */
  dropped: Dropped | undefined = undefined;

  /**
   * @param since number of the last message that is not meant for the resource
   * @param place offset of the first that is
   */
  constructor(
    readonly since: number,
    place: number,
  ) {
    this.cursor = place;
  }

  abstract get log(): MessageLog;

  /** Whether something is owed; first, what is dropped is passed over. */
  get owes(): boolean {
    const { log } = this;
    if (this.dropped) while (this.cursor < log.end && isDropped(this, this.cursor)) this.cursor++;
    return this.cursor < log.end;
  }

  /** Goes on with what is still there; tells whether something that was owed is not. */
  catchUp(): boolean {
    const { start } = this.log;
    if (this.cursor >= start) return false;
    this.cursor = start;
    return true;
  }

  /** Goes on after the message of that number, forward or back; tells whether something between was forgotten. */
  seek(sequence: number): boolean {
    const { log, since } = this;
    const from = Math.max(since, sequence);
    this.cursor = offsetAfter(log, from);
    this.dropped = undefined;
    return log.forgotten > from;
  }
}

/** What is sent to one resource alone. */
export class Outbox extends Source {
  constructor(readonly log: MessageLog) {
    super(-1, 0);
  }
}

/** A resource's place in a broadcaster of an earlier run of the server that is not there yet: nothing new comes to it. */
export class Absent extends Source {
  /**
   * @param id name of the broadcaster
   * @param log what is left of its log
   */
  constructor(
    readonly id: string,
    readonly log: MessageLog,
    since: number,
  ) {
    super(since, log.end);
  }

  /** Number of the last message such that it, and all before it, were written. */
  get position(): number {
    return this.owes ? this.log.at(this.cursor).sequence - 1 : Infinity;
  }
}

/** A resource's place in one broadcaster. */
export class Subscribed extends Source implements Subscription {
  live: Subscription['live'] = 'no';
  younger: Subscription['younger'] = undefined;
  older: Subscription['older'] = undefined;
  /** The next subscription of its resource. */
  next: Subscribed | undefined = undefined;

  constructor(
    readonly broadcaster: Broadcaster,
    private readonly outbound: Outbound,
    since: number,
    place: number,
  ) {
    super(since, place);
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
