import type { DialectName } from '../rooms/dialect';
import type { RoomMember } from '../rooms/room-member';
import type { LogEntry } from './message-log';

/** One message as it is stored. */
export type SavedMessage = Omit<LogEntry, 'view' | 'topic' | 'reply'>;

/** What is left of a log. */
export interface SavedLog {
  /** In the order of their numbers. */
  readonly messages: readonly SavedMessage[];
  /** Number of the newest message that is not there any more; -1 when none is missing. */
  readonly forgotten: number;
}

/** What is written of a log. */
export interface LogChanges extends SavedLog {
  /** Number of the oldest message that stays: those before it go. Undefined when all stay. */
  readonly first: number | undefined;
  /** How long its messages are kept: when the newest is older, the log may go. */
  readonly maxAgeMillis: number;
}

/** A place in a room. */
export interface SavedMembership {
  readonly room: string;
  readonly member: RoomMember;
  readonly dialect: DialectName;
  /** How the room was made. */
  readonly history: number;
  /** Null: for good. */
  readonly keepSeconds: number | null;
}

/** A place in a broadcaster. */
export interface SavedSubscription {
  /** Name of the broadcaster. */
  readonly id: string;
  /** Number of the last message of all when it was taken: nothing up to it is meant for the resource. */
  readonly since: number;
  /** There when it has ended: number of the last message of all then. Nothing after it is meant for the resource. */
  readonly until?: number | undefined;
  /** There when the broadcaster is of a room. */
  readonly membership?: SavedMembership | undefined;
}

/** What a resource is known by: a client of gRPC is at several paths under one uuid. */
export interface ResourceKey {
  readonly uuid: string;
  /** Path of its endpoint. */
  readonly path: string;
}

/** One resource as it is stored. */
export interface SavedResource extends ResourceKey {
  /** What its client said of itself in the protocol, as a query. */
  readonly wire: string;
  /** Number of the last message that was written to it, with all before; undefined while it keeps up. */
  readonly position: number | undefined;
  /** Number of the last message that is proven to have arrived, for `at-least-once`. */
  readonly proven: number | undefined;
  /** Whether messages were lost to it that it has not been told of. */
  readonly gap: boolean;
  /** Who has less than this number misses what it was owed before, of which nothing is left; -1 when there was nothing. */
  readonly pastEnd: number;
  /** Whether what was sent to it alone stays when it was written, because its client may prove that it has less. */
  readonly retains: boolean;
  /** Whether its connection had taken messages that its client can't have got. */
  readonly torn: boolean;
  /** Whether `@Ready` was called. */
  readonly announced: boolean;
  /** Whether its last poll broke. */
  readonly pollBroken: boolean;
  /** Whether it gets messages: it was not resumed. */
  readonly suspended: boolean;
  readonly subscriptions: readonly SavedSubscription[];
}

/** What the end of a turn writes: all of it, or nothing. */
export interface StoreChanges {
  /** Number of the last message that was given out: this one, and all before it, are as safe as they will be. */
  readonly end: number;
  /** Number of a message that had been written to those who keep up a good while before. */
  readonly settled: number;
  /** By the name of the log. */
  readonly logs: ReadonlyMap<string, LogChanges>;
  /** Logs that are gone. */
  readonly dropped: Iterable<string>;
  readonly resources: Iterable<SavedResource>;
  /** Resources that have ended; another one may have taken the place of one of them. */
  readonly ended: Iterable<ResourceKey>;
}

/** What a store has when it is opened. */
export interface StoreStart {
  /** Identity of this run: another one each time. */
  readonly epoch: string;
  /** Higher than the number of each message that was ever stored. */
  readonly firstSequence: number;
  /** `end` and `settled` of the last run's last changes; -1 before the first run. */
  readonly end: number;
  readonly settled: number;
}

/**
 * Where messages, resources and their subscriptions outlive the process. Synchronous, because what is not stored when the
 * process is killed was never promised. `SqliteStore` of `@ionosphere/sqlite` is one.
 */
export interface DurableStore {
  /** Begins a run. Throws an error that says what is wrong and what to do about it; nobody else may have the store meanwhile. */
  open(): StoreStart;
  /**
   * Number of the last message that is stored of those which a client of an earlier run has; undefined when nothing is known
   * of that run. What a client got and was not stored has no number any more.
   */
  resolve(epoch: string, sequence: number): number | undefined;
  /** What is left of a log. */
  log(name: string): SavedLog;
  resources(): Iterable<SavedResource>;
  /** Throws when nothing was written. */
  commit(changes: StoreChanges): void;
  /** Ends the run. */
  close(): void;
}
