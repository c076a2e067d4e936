import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DurableLog, type LogBounds, type SavedResource, type StoreChanges } from '@ionosphere/core';
import { SqliteStore, type SqliteStoreOptions } from './index';

export const roomy: LogBounds = { maxMessages: 1000, maxBytes: 1_000_000, maxAgeMillis: 60_000 };

const unchanged: StoreChanges = { end: -1, settled: -1, logs: new Map(), dropped: [], resources: [], ended: [] };

/** A store in a folder of its own, and logs in it that are committed by hand. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'ionosphere-'));
  readonly file = join(this.folder, 'data', 'store.db');
  store: SqliteStore;
  #end = -1;
  readonly #changed = new Set<DurableLog>();

  constructor(options: Partial<SqliteStoreOptions> = {}) {
    this.store = new SqliteStore({ file: this.file, ...options });
  }

  log(name = 'news', bounds: Partial<LogBounds> = {}): DurableLog {
    const changed = (log: DurableLog): void => void this.#changed.add(log);
    const parts = { name, topic: name, bounds: { ...roomy, ...bounds }, history: false };
    return new DurableLog(parts, this.store.log(name), changed);
  }

  /** Appends messages that were broadcast now. */
  append(log: DurableLog, ...payloads: (string | Uint8Array)[]): void {
    for (const payload of payloads) log.append({ payload, sequence: ++this.#end, at: Date.now(), topic: log.name });
  }

  commit(changes: Partial<StoreChanges> = {}): void {
    const logs = new Map([...this.#changed].map((log) => [log.name, log.changes]));
    this.store.commit({ ...unchanged, end: this.#end, logs, ...changes });
    for (const log of this.#changed) log.stored();
    this.#changed.clear();
  }

  /** Closes the store and opens it again. */
  restart(): ReturnType<SqliteStore['open']> {
    this.#changed.clear();
    this.store.close();
    const start = this.store.open();
    this.#end = start.firstSequence - 1;
    return start;
  }

  remove(): void {
    this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}

export function payloads(log: DurableLog): (string | Uint8Array)[] {
  return Array.from({ length: log.end - log.start }, (_, index) => log.at(log.start + index).payload);
}

export function savedResource(uuid: string, fields: Partial<SavedResource> = {}): SavedResource {
  return {
    uuid,
    path: '/chat',
    wire: '',
    position: undefined,
    proven: undefined,
    gap: false,
    torn: false,
    announced: true,
    pollBroken: false,
    pastEnd: -1,
    retains: false,
    suspended: true,
    subscriptions: [{ id: '/chat', since: -1 }],
    ...fields,
  };
}
