import { joined, type Framing } from '../codec/framing';
import type { LogEntry, MessageLog } from '../log/message-log';
import type { Resource } from '../resource/resource';
import type { SharedParts } from './broadcaster-parts';
import { Cohort, type Shelf, type Stream } from './cohort';
import type { Flushable } from './outflow';
import type { Frame } from '../transport';

/** A resource's place in one broadcaster, as far as it is served one by one. */
export interface Reader {
  readonly resource: Resource;
  /** Writes what is due to it. */
  flush(): void;
}

/** Consecutive messages of a log, framed, ready for one write. */
export interface Batch {
  readonly frames: readonly Frame[];
  /** Offset after the last of them. */
  readonly end: number;
  /** Uuids of resources that do not get all of them. */
  readonly except?: readonly string[] | undefined;
}

const none: readonly never[] = [];

/** A batch that the resources of one framing have in common. */
interface SharedBatch extends Batch {
  readonly start: number;
  readonly single: boolean;
}

/** How much of what waits goes into one write, in payload length; the message that reaches it is the last. */
export const BATCH_BYTES = 256 * 1024;

/** The connections of one broadcaster without a native group: what they write is read from the log, once for all framed alike. */
export class Pulled implements Shelf {
  readonly #readers = new Set<Reader>();
  /** Those that are in step with others, by how they are framed. */
  #cohorts: readonly Cohort[] = none;
  /** The batch that the resources of one framing read last; most of them read the same. Forgotten with the next message. */
  #batches: Map<Framing, SharedBatch> | undefined;
  /** Offset of the oldest message that waits for the end of the turn; -1 while none does. */
  #unread = -1;
  /** The tick of the timers at which it was looked for what is new last: the clock is not asked again by each who finds some. */
  tick = 0;

  constructor(
    private readonly broadcaster: string,
    private readonly log: MessageLog,
    private readonly shared: Pick<SharedParts, 'outflow' | 'logger' | 'timers'>,
  ) {}

  /** Offset after the newest message. */
  get end(): number {
    return this.log.end;
  }

  /** Between two sweeps the log may have more than it should. */
  expire(): void {
    this.log.expire(this.#look());
  }

  /** What time it is. */
  #look(): number {
    const { timers, outflow } = this.shared;
    const { now } = outflow;
    this.tick = timers.tickOf(now);
    return now;
  }

  add(reader: Reader): void {
    this.#readers.add(reader);
  }

  delete(reader: Reader): void {
    this.#readers.delete(reader);
  }

  /** From now on the stream is written to with those that have got the same; tells whether there are such, or none at all. */
  stepIn(stream: Stream, framing: Framing, cursor: number): boolean {
    let cohort = this.#cohorts.find((each) => each.framing === framing);
    if (!cohort) this.#cohorts = [...this.#cohorts, (cohort = new Cohort(framing, cursor, this))];
    if (cohort.cursor !== cursor) return false;
    cohort.add(stream);
    return true;
  }

  /** It is not any more; gives the offset of the next message that it is to get. */
  stepOut(stream: Stream, framing: Framing): number {
    const cohort = this.#cohorts.find((each) => each.framing === framing);
    cohort?.delete(stream);
    if (cohort?.size === 0) this.#cohorts = this.#cohorts.filter((each) => each !== cohort);
    return cohort?.cursor ?? this.log.end;
  }

  /** Called before a message of that length gets its number: what it would push out of the log unread leaves now, at a higher price. */
  makeRoom(length: number): void {
    if (this.#unread >= 0 && this.log.keeps?.(this.#unread, length) === false) this.flush();
  }

  /** There is one message more in the log. */
  appended(): void {
    this.#batches = undefined;
    if (this.#readers.size === 0 && this.#cohorts.length === 0) return;
    if (this.#unread < 0) this.#unread = this.log.end - 1;
    this.shared.outflow.add(this);
  }

  /** Sends a message that is not in the log. */
  sendOnce({ payload, view }: LogEntry, left: Reader | undefined): void {
    // A copy, because who is sent something for itself may be read to in another way from then on.
    const all = [
      ...Array.from(this.#readers, ({ resource }) => resource),
      ...this.#cohorts.flatMap(({ owners }) => owners),
    ];
    for (const resource of all) {
      if (resource === left?.resource || resource.state !== 'ready') continue;
      const own = view ? view(resource) : payload;
      if (own !== undefined) resource.send(own);
    }
  }

  /** Lets them write what is new. Called by the outflow. */
  flush(): void {
    this.#unread = -1;
    this.#look();
    // First, because who steps out of one goes on by itself.
    for (const cohort of this.#cohorts) this.#attempt(cohort);
    for (const reader of this.#readers) this.#attempt(reader);
    this.#batches = undefined;
  }

  #attempt(one: Flushable): void {
    try {
      one.flush();
    } catch (cause) {
      // One connection that fails must not keep the message from the others.
      this.failed(cause);
    }
  }

  failed(cause: unknown): void {
    this.shared.logger.error('A connection could not be written to', { broadcaster: this.broadcaster, cause });
  }

  /**
   * What is in the log for a resource from an offset on, framed, as much as fits one write. There may be no frames in it,
   * when the messages are for others.
   *
   * @param single at most one message: for connections that end with a write and can't keep frames apart.
   */
  batch(framing: Framing, start: number, single: boolean, resource: Resource): Batch {
    const first = this.log.at(start);
    if (first.view) {
      const own = first.view(resource);
      const frame = own === undefined ? undefined : framing.frame(own, first);
      return { frames: frame === undefined ? [] : [frame], end: start + 1 };
    }
    return this.#partOf(this.#shared(framing, start, single), framing, resource);
  }

  /** The same for a reader; undefined where it takes more than to read on. */
  next(framing: Framing, start: number, { resource }: Reader): Batch | undefined {
    const batch = this.common(framing, start, !framing.delimited);
    return batch && this.#partOf(batch, framing, resource);
  }

  common(framing: Framing, start: number, single: boolean): SharedBatch | undefined {
    return start < this.log.start || this.log.at(start).view ? undefined : this.#shared(framing, start, single);
  }

  others(framing: Framing, start: number, end: number, { uuid }: Resource): readonly Frame[] {
    return this.#read(framing, start, false, uuid, end).frames;
  }

  #partOf(batch: SharedBatch, framing: Framing, { uuid }: Resource): Batch {
    return batch.except?.includes(uuid) ? this.#read(framing, batch.start, batch.single, uuid) : batch;
  }

  #shared(framing: Framing, start: number, single: boolean): SharedBatch {
    const batch = this.#batches?.get(framing);
    return batch?.start === start && batch.single === single ? batch : this.#readForAll(framing, start, single);
  }

  #readForAll(framing: Framing, start: number, single: boolean): SharedBatch {
    const { frames, end, except } = this.#read(framing, start, single);
    // Not with the spread operator, as in `entryOf`.
    const batch: SharedBatch = { frames, end, except, start, single };
    (this.#batches ??= new Map()).set(framing, batch);
    return batch;
  }

  /**
   * @param uuid whose batch it is, when it is not the same for all
   * @param until offset after the last message that may be in it
   */
  #read(framing: Framing, start: number, single: boolean, uuid?: string, until = this.log.end): Batch {
    const frames: Frame[] = [];
    let except: string[] | undefined;
    let end = start;
    for (let bytes = 0; end < until && bytes < BATCH_BYTES && !(single && frames.length > 0); end++) {
      const entry = this.log.at(end);
      if (entry.view) break;
      if (entry.except !== undefined) {
        if (entry.except === uuid) continue;
        (except ??= []).push(entry.except);
      }
      const frame = framing.frame(entry.payload, entry);
      if (frame !== undefined) frames.push(frame);
      bytes += entry.payload.length;
    }
    return { frames: framing.delimited ? joined(frames) : frames, end, except };
  }
}
