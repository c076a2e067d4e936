import { MemoryLog, type LogBounds, type MessageLog } from './message-log';

/**
 * A log, for those who are owed something of it and are not subscribed any more: the log itself, and once that was
 * emptied, what was in it.
 */
export interface Remains {
  log: MessageLog;
}

/** Few logs have any; it is not for each of a hundred thousand broadcasters to have a place for them. */
const all = new WeakMap<MessageLog, Remains>();

export function remainsOf(log: MessageLog): Remains {
  const known = all.get(log) ?? { log };
  all.set(log, known);
  return known;
}

/**
 * Empties a log, for all that come to it from now on. Gives what was in it, with the same offsets, if somebody may be owed
 * something of it who is not subscribed any more.
 *
 * @param bounds of what is given
 */
export function emptied(log: MessageLog, bounds: LogBounds): MessageLog | undefined {
  const remains = all.get(log);
  all.delete(log);
  const copy = remains && new MemoryLog(bounds, log.forgotten, log.start);
  if (copy) {
    for (let offset = log.start; offset < log.end; offset++) copy.append(log.at(offset));
    remains.log = copy;
  }
  log.expire(Number.POSITIVE_INFINITY);
  return copy;
}
