import type { Payload } from '@ionosphere/protocol';
import type { Config } from '../settings/config';
import type { Port } from '../settings/ports';
import type { Resource } from '../resource/resource';

/** Who gets a message that is not for all, by their uuids; whichever list is shorter. */
export type NamedReceivers = { readonly only: readonly string[] } | { readonly except: readonly string[] };

/** One encoded message of a log. */
export interface LogEntry {
  readonly payload: Payload;
  /** Place among everything that this process sent, so that messages of several logs keep their order. */
  readonly sequence: number;
  /** When it was broadcast, in milliseconds since the epoch. */
  readonly at: number;
  /** Name of its broadcaster; undefined for what is sent to one resource alone. */
  readonly topic?: string | undefined;
  /** Whether it is the reply to a message of the resource (PROTOCOL.md, "Requests"). */
  readonly reply?: true | undefined;
  /** What it is about, for slow clients that want of each thing the newest only. */
  readonly key?: string | undefined;
  /** Uuid of the one resource that does not get it: a log should not keep the resource of a sender. */
  readonly except?: string | undefined;
  /** Who gets it, when `view` says no more than that. Only messages of a log that is durable have it. */
  readonly receivers?: NamedReceivers | undefined;
  /** What a resource gets instead; undefined when it gets nothing. Only messages that are not the same for all have it. */
  readonly view?: ((resource: Resource) => Payload | undefined) | undefined;
}

/** The bounds of a log; whatever is beyond any of them is forgotten, the oldest first. */
export interface LogBounds {
  readonly maxMessages: number;
  /** Sum of the payloads' lengths: bytes, or UTF-16 code units of text. */
  readonly maxBytes: number;
  readonly maxAgeMillis: number;
}

/** The bounds that settings give to a log. */
export function logBounds({
  logMessages,
  logBytes,
  logSeconds,
}: Pick<Config, 'logMessages' | 'logBytes' | 'logSeconds'>): LogBounds {
  return { maxMessages: logMessages, maxBytes: logBytes, maxAgeMillis: logSeconds * 1000 };
}

/** A class of logs: `broadcasterCache` of `@ManagedService`. */
export type MessageLogClass = new (bounds: LogBounds) => MessageLog;

/** Decides which messages are remembered (Atmosphere's `BroadcasterCacheInspector`). */
export interface CacheInspector {
  /** Whether the message may be in the log. It is sent to those who are connected in any case. */
  inspect(message: unknown): boolean;
}

export const inspectorPort: Port<CacheInspector> = { is: 'a cache inspector', methods: ['inspect'] };

/**
 * The ordered memory of one broadcaster (Atmosphere's `BroadcasterCache`). A message's offset is its number in the log;
 * offsets have no holes and are never reused.
 */
export interface MessageLog {
  /** Offset of the oldest message that is still there. */
  readonly start: number;
  /** Offset that the next message gets. */
  readonly end: number;
  /** Number (`sequence`) of the newest message that is no longer there; -1 while all are. A resource that has less has a gap. */
  readonly forgotten: number;
  /** Whether anything is kept at all. Default: it is. */
  readonly remembers?: boolean;
  /** Whether the messages outlive the process. Default: they don't. */
  readonly durable?: boolean;
  /** How long a message is kept, in milliseconds. Default: as the setting `logSeconds` says. */
  readonly maxAgeMillis?: number;
  /** Whether a new subscriber gets what is in the log. Default: it begins with the next message. */
  readonly history?: boolean;
  append(entry: LogEntry): void;
  /**
   * Whether the message at an offset stays when one more, of that length, is appended. Without this method what is sent in one
   * turn may push out of the log what nobody has read yet.
   */
  keeps?(offset: number, length: number): boolean;
  /** The message at an offset from `start` up to, not including, `end`. */
  at(offset: number): LogEntry;
  /** Forgets what is too old at that time; at `Infinity`, all. */
  expire(now: number): void;
}

/** Offset of the oldest message that has a higher number than this one. */
export function offsetAfter(log: MessageLog, sequence: number): number {
  let low = log.start;
  let high = log.end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (log.at(middle).sequence > sequence) high = middle;
    else low = middle + 1;
  }
  return low;
}

const none: never[] = [];

/** How many messages a log has places for from its first on. */
const LEAST_PLACES = 4;

/** A log in memory. Costs nothing per client: a client that is away is a number, the offset it has seen. */
export class MemoryLog implements MessageLog {
  readonly #bounds: LogBounds;
  /** A ring: an offset's place is its remainder. It grows and shrinks with what is in it, for there may be many logs with few messages. */
  #ring: (LogEntry | undefined)[] = none;
  #start = 0;
  #end = 0;
  #bytes = 0;
  #forgotten: number;
  /** Nothing expires before that second: to know it spares a look at the oldest message, which is in no cache. */
  #firstSecond = 0;

  /**
   * @param forgotten number of the newest message that was known before it, to an earlier run of the server perhaps, and that is not
   *   there any more
   * @param start offset of the first message. Default: what is forgotten had one, too.
   */
  constructor(bounds: LogBounds, forgotten = -1, start = forgotten >= 0 ? 1 : 0) {
    this.#bounds = bounds;
    this.#forgotten = forgotten;
    this.#start = this.#end = start;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  get maxAgeMillis(): number {
    return this.#bounds.maxAgeMillis;
  }

  append(entry: LogEntry): void {
    if (this.#end - this.#start === this.#ring.length) this.#resize(this.#ring.length * 2 || LEAST_PLACES);
    this.#ring[this.#end++ % this.#ring.length] = entry;
    this.#bytes += entry.payload.length;
    // The newest message always stays, however large: whoever is connected must still be served from here.
    while (this.#bytes > this.#bounds.maxBytes && this.#end - this.#start > 1) this.#forget();
    while (this.#end - this.#start > this.#bounds.maxMessages) this.#forget();
    this.expire(entry.at);
  }

  keeps(offset: number, length: number): boolean {
    const { maxMessages, maxBytes } = this.#bounds;
    if (this.#end - offset >= maxMessages) return false;
    let beyond = this.#bytes + length - maxBytes;
    for (let oldest = this.#start; beyond > 0 && oldest < offset; oldest++) beyond -= this.at(oldest).payload.length;
    return beyond <= 0;
  }

  at(offset: number): LogEntry {
    const entry = offset >= this.#start && offset < this.#end ? this.#ring[offset % this.#ring.length] : undefined;
    if (!entry) throw new RangeError(`offset ${offset} is not in the log, which has ${this.#start} to ${this.#end}`);
    return entry;
  }

  expire(now: number): void {
    // To forget all goes before to keep for good.
    const oldest = now === Infinity ? now : now - this.#bounds.maxAgeMillis;
    if (oldest < this.#firstSecond * 1000) return;
    while (this.#start < this.#end && this.at(this.#start).at < oldest) this.#forget();
    this.#firstSecond = this.#start < this.#end ? Math.floor(this.at(this.#start).at / 1000) : 0;
  }

  #forget(): void {
    const { payload, sequence } = this.at(this.#start);
    this.#bytes -= payload.length;
    this.#forgotten = Math.max(this.#forgotten, sequence);
    this.#ring[this.#start++ % this.#ring.length] = undefined;
    this.#firstSecond = 0;
    if (this.#ring.length > LEAST_PLACES && (this.#end - this.#start) * 4 < this.#ring.length)
      this.#resize(this.#ring.length / 2);
  }

  #resize(places: number): void {
    const ring = new Array<LogEntry | undefined>(places);
    for (let offset = this.#start; offset < this.#end; offset++) ring[offset % places] = this.at(offset);
    this.#ring = ring;
  }
}
