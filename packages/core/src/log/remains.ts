import { MemoryLog, type MessageLog } from './message-log';
import type { Departed } from '../resource/departed';

/** Those whose subscriptions to a log have ended, and who are owed something of it, or may be again. */
interface Readers {
  readonly all: Set<Departed>;
  /** What was weighed last: when a broadcaster ends, its subscribers leave one after the other, and most have the same. */
  last: Range & { readonly bytes: number };
}

/** Offsets of a log. */
interface Range {
  readonly first: number;
  /** After the last. */
  readonly end: number;
}

/** Few logs have any; it is not for each of a hundred thousand broadcasters to have a place for them. */
const departed = new WeakMap<MessageLog, Readers>();

/**
 * When the log is emptied, the reader gets a copy of what it may be owed.
 *
 * @returns how much that is: the sum of the payloads' lengths
 */
export function keepFor(reader: Departed): number {
  const { log, first, end } = reader;
  const readers = departed.get(log) ?? { all: new Set(), last: { first: 0, end: 0, bytes: 0 } };
  departed.set(log, readers);
  readers.all.add(reader);
  if (readers.last.first !== first || readers.last.end !== end)
    readers.last = { first, end, bytes: bytesIn(log, first, end) };
  return readers.last.bytes;
}

/** Nothing of its log is to be kept for that reader. */
export function letGo(reader: Departed): void {
  departed.get(reader.log)?.all.delete(reader);
}

/**
 * Empties a log, for all that come to it from now on. Those who are not subscribed any more and are owed something of it go on
 * with copies, of what is theirs alone: many have the same, and then share one.
 *
 * @param maxAgeMillis how long messages are kept, when the log does not say
 * @returns the copies. Nobody keeps them but those who are owed them.
 */
export function emptied(log: MessageLog, maxAgeMillis: number): readonly MessageLog[] {
  const copies = new Map<string, MessageLog>();
  for (const reader of departed.get(log)?.all ?? []) {
    const { first, end } = reader;
    const range = `${first} ${end}`;
    const copy = copies.get(range) ?? copyOf(log, { first, end }, log.maxAgeMillis ?? maxAgeMillis);
    copies.set(range, copy);
    reader.goOnWith(copy);
  }
  departed.delete(log);
  log.expire(Number.POSITIVE_INFINITY);
  return [...copies.values()];
}

/** What was left of the log of an earlier run is in another log now, which is written to: those who read the one go on with the other. */
export function succeeded(log: MessageLog, successor: MessageLog): void {
  for (const reader of departed.get(log)?.all ?? []) reader.moveTo(successor);
  departed.delete(log);
}

function copyOf(log: MessageLog, { first, end }: Range, maxAgeMillis: number): MessageLog {
  const start = Math.max(first, log.start);
  // What is before the first message was not meant for those who get the copy.
  const forgotten = start > log.start ? log.at(start - 1).sequence : log.forgotten;
  const copy = new MemoryLog({ maxMessages: Infinity, maxBytes: Infinity, maxAgeMillis }, forgotten, start);
  for (let offset = start; offset < end; offset++) copy.append(log.at(offset));
  return copy;
}

function bytesIn(log: MessageLog, first: number, end: number): number {
  let bytes = 0;
  for (let offset = Math.max(first, log.start); offset < end; offset++) bytes += log.at(offset).payload.length;
  return bytes;
}
