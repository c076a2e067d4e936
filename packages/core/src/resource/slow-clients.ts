import type { MessageLog } from '../log/message-log';

/** What a client gets whose connection was full for a while: see the setting `slowClients`. */
export type SlowClientPolicy = 'lag' | 'drop-oldest' | 'drop-newest' | 'disconnect';

/** Of what has piled up for a slow client it gets the newest message of each key only. */
export interface Coalescing {
  readonly keyOf: (message: unknown) => string | undefined;
}

/**
 * For services whose newer messages replace older ones, as prices do: `slowClients: coalesce((tick: Tick) => tick.symbol)`.
 *
 * @param keyOf called once per broadcast, with the value that is broadcast; undefined for a message that nothing replaces
 */
export function coalesce<T>(keyOf: (message: T) => string | undefined): Coalescing {
  return { keyOf: keyOf as Coalescing['keyOf'] };
}

/** What is done for slow clients: one of the policies by name, or `coalesce`. */
export type SlowClients = SlowClientPolicy | Coalescing;

/** Messages, of those from an offset on, that a slow client does not get. */
export interface Dropped {
  readonly from: number;
  /** 1 for each that is dropped. */
  readonly marks: Uint8Array;
}

/** What has piled up for one client. */
export interface Backlog {
  readonly log: MessageLog;
  /** Offset of the next message to write. */
  readonly cursor: number;
  /** Offset after the last. */
  readonly end: number;
  readonly dropped: Dropped | undefined;
}

/** Whether a message of the backlog is not to be written. */
export function isDropped({ dropped }: Pick<Backlog, 'dropped'>, offset: number): boolean {
  return dropped !== undefined && dropped.marks[offset - dropped.from] === 1;
}

/** What the policy leaves out of a backlog. */
export interface Thinned {
  readonly dropped: Dropped;
  /** Whether the client misses something: a message that a newer one replaces is not missed. */
  readonly gap: boolean;
}

/**
 * Leaves out what a client, whose connection has room again, is not to get; undefined when it gets all. Done when there is
 * room, not when messages are broadcast, so that a slow client costs a broadcast nothing.
 *
 * @param max how many messages may pile up, for the policies that drop
 */
export function thin(backlog: Backlog, policy: SlowClients, max: number): Thinned | undefined {
  if (policy === 'lag' || policy === 'disconnect') return undefined;
  const { log, cursor, end } = backlog;
  const marks = new Uint8Array(Math.max(0, end - cursor));
  const kept: number[] = [];
  for (let index = 0; index < marks.length; index++) {
    if (isDropped(backlog, cursor + index)) marks[index] = 1;
    else kept.push(index);
  }
  const drops = typeof policy === 'object' ? replaced(log, cursor, kept) : beyond(kept, policy, max);
  if (drops.length === 0) return undefined;
  for (const index of drops) marks[index] = 1;
  return { dropped: { from: cursor, marks }, gap: typeof policy === 'string' };
}

function beyond(kept: readonly number[], policy: 'drop-oldest' | 'drop-newest', max: number): readonly number[] {
  if (kept.length <= max) return [];
  return policy === 'drop-oldest' ? kept.slice(0, kept.length - max) : kept.slice(max);
}

function replaced(log: MessageLog, cursor: number, kept: readonly number[]): readonly number[] {
  const seen = new Set<string>();
  return kept.toReversed().filter((index) => {
    const { key } = log.at(cursor + index);
    if (key === undefined) return false;
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}
