import { randomUUID } from 'node:crypto';
import type { DurableStore, LogChanges, SavedLog, SavedMessage, SavedResource } from '@ionosphere/core';
import type { StoreChanges, StoreStart } from '@ionosphere/core';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { abandonDatabase, closeDatabase, openDatabase, storeError, type Synchronous } from './database';
import { receiversError, resourceOf, type ResourceRow } from './rows';
import { prepareStatements, type Statements } from './statements';

/** How a store is kept. */
export interface SqliteStoreOptions {
  /** Path of the database, such as `data/ionosphere.db`. It is made when it is missing, its folder too. */
  readonly file: string;
  /**
   * When a broadcast is promised: with `normal` when the operating system has it, which outlives the process; with `full`
   * when the disk has it, which outlives a power cut. Default: `normal`.
   */
  readonly synchronous?: Synchronous;
}

interface MessageRow {
  readonly sequence: number;
  readonly at: number;
  readonly binary: number;
  readonly payload: Uint8Array;
  readonly key: string | null;
  readonly receivers: string | null;
  readonly except: string | null;
}

interface Open {
  readonly database: DatabaseSyncInstance;
  readonly statements: Statements;
  readonly epoch: string;
}

const nothing: SavedLog = { messages: [], forgotten: -1 };

/** Keeps messages, resources and subscriptions in a file of SQLite: `serve({ store: new SqliteStore({ file }) })`. */
export class SqliteStore implements DurableStore {
  readonly #file: string;
  readonly #synchronous: Synchronous;
  #open: Open | undefined;

  constructor({ file, synchronous = 'normal' }: SqliteStoreOptions) {
    if (typeof file !== 'string' || file === '')
      throw new TypeError(`SqliteStore: file is ${String(file)}; it must be a path such as data/ionosphere.db`);
    if (synchronous !== 'normal' && synchronous !== 'full')
      throw new RangeError(`SqliteStore: synchronous is ${String(synchronous)}; it must be "normal" or "full"`);
    this.#file = file;
    this.#synchronous = synchronous;
  }

  open(): StoreStart {
    if (this.#open) throw new Error(`SqliteStore: "${this.#file}" is open already. Give each app a store of its own`);
    const database = openDatabase(this.#file, this.#synchronous);
    try {
      const statements = prepareStatements(database);
      // Short, because it is in the id of each event of a stream.
      const epoch = randomUUID().slice(0, 8);
      this.#open = { database, statements, epoch };
      return this.#transaction(() => begin(statements, epoch));
    } catch (cause) {
      this.#open = undefined;
      abandonDatabase(database);
      throw storeError(this.#file, cause);
    }
  }

  resolve(epoch: string, sequence: number): number | undefined {
    const run = this.#opened.statements.endOfRun.get(epoch) as { end: number } | undefined;
    return run && Math.min(sequence, run.end);
  }

  log(name: string): SavedLog {
    const { findLog, messages } = this.#opened.statements;
    return this.#reading(() => {
      const log = findLog.get(name) as { id: number; forgotten: number } | undefined;
      if (!log) return nothing;
      return { messages: (messages.all(log.id) as unknown as MessageRow[]).map(messageOf), forgotten: log.forgotten };
    });
  }

  resources(): SavedResource[] {
    const rows = this.#opened.statements.resources.all() as unknown as ResourceRow[];
    return this.#reading(() => rows.map(resourceOf));
  }

  commit(changes: StoreChanges): void {
    const { statements, epoch } = this.#opened;
    this.#transaction(() => write(statements, changes, epoch));
  }

  close(): void {
    const { database } = this.#open ?? {};
    this.#open = undefined;
    if (database) closeDatabase(database);
  }

  get #opened(): Open {
    if (!this.#open) throw new Error(`SqliteStore: "${this.#file}" is not open`);
    return this.#open;
  }

  #reading<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw storeError(this.#file, cause);
    }
  }

  #transaction<T>(work: () => T): T {
    const { database } = this.#opened;
    try {
      database.exec('BEGIN IMMEDIATE');
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (cause) {
      // Some errors have rolled it back already.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw storeError(this.#file, cause);
    }
  }
}

function begin(statements: Statements, epoch: string): StoreStart {
  const last = statements.lastRun.get() as { end: number; settled: number } | undefined;
  const { end = -1, settled = -1 } = last ?? {};
  const foreign = statements.foreignReceivers.get() as { sequence: number } | undefined;
  if (foreign) throw receiversError(foreign.sequence);
  const now = Date.now();
  statements.expireMessages.run(now);
  statements.expireLogs.run(now);
  statements.beginRun.run(epoch, end, settled);
  statements.forgetRuns.run();
  return { epoch, firstSequence: end + 1, end, settled };
}

function write(statements: Statements, changes: StoreChanges, epoch: string): void {
  for (const name of changes.dropped) {
    statements.dropMessages.run(name);
    statements.dropLog.run(name);
  }
  for (const [name, log] of changes.logs) writeLog(statements, name, log);
  for (const { uuid, path } of changes.ended) statements.endResource.run(uuid, path);
  for (const resource of changes.resources)
    statements.saveResource.run(resource.uuid, resource.path, JSON.stringify(resource));
  statements.saveRun.run(changes.end, changes.settled, epoch);
}

function writeLog(
  statements: Statements,
  name: string,
  { messages, forgotten, first, maxAgeMillis }: LogChanges,
): void {
  const newest = messages.at(-1);
  const expires = newest ? newest.at + maxAgeMillis : 0;
  const { id } = statements.saveLog.get(name, forgotten, expires) as { id: number };
  for (const { sequence, at, payload, key, receivers, except } of messages) {
    const binary = typeof payload !== 'string';
    const bytes = binary ? payload : Buffer.from(payload);
    const named = receivers ? JSON.stringify(receivers) : null;
    statements.saveMessage.run(sequence, id, at, Number(binary), bytes, key ?? null, named, except ?? null);
  }
  if (first !== undefined) statements.forgetMessages.run(id, first === Infinity ? Number.MAX_SAFE_INTEGER : first);
}

function messageOf({ sequence, at, binary, payload, key, receivers, except }: MessageRow): SavedMessage {
  return {
    sequence,
    at,
    payload: binary ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString(),
    ...(key !== null && { key }),
    ...(receivers !== null && { receivers: JSON.parse(receivers) as NonNullable<SavedMessage['receivers']> }),
    ...(except !== null && { except }),
  };
}
