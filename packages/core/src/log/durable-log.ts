import type { LogChanges, SavedLog, SavedMessage } from './durable-store';
import {
  MemoryLog,
  offsetAfter,
  type NamedReceivers,
  type LogBounds,
  type LogEntry,
  type MessageLog,
} from './message-log';
import type { Resource } from '../resource/resource';

/** What a durable log is. */
export interface DurableLogParts {
  /** What the store knows it by. */
  readonly name: string;
  /** Name of its broadcaster; undefined for the log of one resource. */
  readonly topic: string | undefined;
  readonly bounds: LogBounds;
  /** Whether a new subscriber gets what is in it. */
  readonly history: boolean;
}

/** A log in memory whose messages a store has too, from the end of the turn on. */
export class DurableLog extends MemoryLog {
  readonly durable = true;
  readonly name: string;
  readonly history: boolean;
  readonly #bounds: LogBounds;
  readonly #changed: (log: DurableLog) => void;
  /** Number of the newest message that the store has, or need not have any more. */
  #storedEnd: number;
  #isStored: boolean;
  /** Offset of the oldest message that the store has. */
  #storedStart: number;

  /**
   * @param saved what the store has of it
   * @param changed called when there is something to store
   */
  constructor({ name, topic, bounds, history }: DurableLogParts, saved: SavedLog, changed: (log: DurableLog) => void) {
    super(bounds, saved.forgotten);
    this.name = name;
    this.history = history;
    this.#bounds = bounds;
    this.#changed = changed;
    this.#storedStart = this.start;
    this.#isStored = saved.messages.length > 0 || saved.forgotten >= 0;
    this.#storedEnd = saved.messages.at(-1)?.sequence ?? saved.forgotten;
    for (const message of saved.messages) super.append(entryOf(message, topic));
  }

  override append(entry: LogEntry): void {
    super.append(entry);
    this.#changed(this);
  }

  override expire(now: number): void {
    const { start } = this;
    super.expire(now);
    if (this.start !== start) this.#changed(this);
  }

  /** Whether the store knows of it. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** What the store has yet to write. */
  get changes(): LogChanges {
    const messages: SavedMessage[] = [];
    let { forgotten } = this;
    for (let offset = offsetAfter(this, this.#storedEnd); offset < this.end; offset++) {
      const { view, topic: _topic, reply, ...message } = this.at(offset);
      // Who waits for it learns that the memory of keys is another one (PROTOCOL.md, "Requests").
      if (reply) continue;
      // What looks different to each receiver can't be stored: who has yet to get it after a restart is told of a gap.
      if (view && !message.receivers) forgotten = Math.max(forgotten, message.sequence);
      else messages.push(message);
    }
    const forgets = this.start > this.#storedStart;
    const first = forgets ? (this.start < this.end ? this.at(this.start).sequence : Infinity) : undefined;
    return { messages, forgotten, first, maxAgeMillis: this.#bounds.maxAgeMillis };
  }

  /** The store has written the changes. */
  stored(): void {
    this.#isStored = true;
    if (this.end > this.start) this.#storedEnd = this.at(this.end - 1).sequence;
    this.#storedStart = this.start;
  }
}

/** A log that a store has, and to which nothing is added. */
class Remainder extends MemoryLog {
  readonly durable = true;
}

/** What is left of the log of a broadcaster that is not there: for its readers, as long as nothing is added to it. */
export function remainder({ messages, forgotten }: SavedLog, topic: string): MessageLog {
  const log = new Remainder({ maxMessages: Infinity, maxBytes: Infinity, maxAgeMillis: Infinity }, forgotten);
  for (const message of messages) log.append(entryOf(message, topic));
  return log;
}

function entryOf(message: SavedMessage, topic: string | undefined): LogEntry {
  if (!message.receivers) return { ...message, topic };
  const hears = hearing(message.receivers);
  return { ...message, topic, view: (resource) => (hears(resource) ? message.payload : undefined) };
}

function hearing(receivers: NamedReceivers): (resource: Resource) => boolean {
  const wanted = 'only' in receivers;
  const named = new Set(wanted ? receivers.only : receivers.except);
  return ({ uuid }) => named.has(uuid) === wanted;
}

/** Who gets a message, of all that are subscribed. */
export function namedReceivers(all: readonly Resource[], chosen: readonly Resource[]): NamedReceivers {
  if (chosen.length * 2 <= all.length) return { only: chosen.map(({ uuid }) => uuid) };
  const wanted = new Set(chosen);
  return { except: all.filter((resource) => !wanted.has(resource)).map(({ uuid }) => uuid) };
}
