import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { contentsOf, createTables, readHeader, type Header } from './schema';

/** When a commit counts as done: see `SqliteStoreOptions`. */
export type Synchronous = 'normal' | 'full';

/** SQLite's result codes that have a mend of their own (sqlite.org/rescode.html). */
const mends: Readonly<Record<number, string>> = {
  5: 'another process has it open. Give each server a file of its own',
  8: 'it is read-only. Let the process write the file and its folder',
  11: 'it is damaged. Restore a copy, or move the file and those with -wal and -shm after its name away to begin anew',
  13: 'the disk is full. Make room',
  14: 'it can not be opened. Let the process write the file and its folder',
  26: 'it is no SQLite database. Name another file',
};

/** The same for codes of Node.js, and of the library when a number is beyond those of JavaScript. */
const mendsByCode: Readonly<Record<string, string | undefined>> = {
  EACCES: mends[8],
  EROFS: mends[8],
  ERR_OUT_OF_RANGE: 'a number in it is larger than any that is ever written. Restore a copy, or mend the row',
};

/** Says what is wrong with a file, and what to do about it. */
class StoreError extends Error {}

/** The error that says what is wrong with a file; one that does is left as it is. */
export function storeError(file: string, cause: unknown): Error {
  if (cause instanceof StoreError) return cause;

  const { errcode = 0, code, message } = cause as Error & { errcode?: number; code?: string };
  // Extended codes have the plain one in their low byte.
  const mend = mends[errcode & 0xff] ?? mendsByCode[code ?? ''];
  return new StoreError(`SqliteStore: "${file}" can't be used: ${mend ?? message}`, { cause });
}

/** Opens a database of ours, or makes one. Throws an error that says what to do. */
export function openDatabase(file: string, synchronous: Synchronous): DatabaseSyncInstance {
  let database: DatabaseSyncInstance | undefined;
  try {
    reserve(file);
    database = new DatabaseSync(file, { timeout: 0 });
    // Exclusive: a second process is told, and no file of shared memory is needed.
    database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    prepareTables(database);
    return database;
  } catch (cause) {
    database?.close();
    throw storeError(file, cause);
  }
}

/**
 * Closes a database: all that is in it is in the one file then. The journal's mode gives the lock back, because the library
 * leaves a database with statements open until they are garbage.
 */
export function closeDatabase(database: DatabaseSyncInstance): void {
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM run');
  } finally {
    database.close();
  }
}

/** Closes one in which something is wrong, which is told already: whoever mends it should find it free. */
export function abandonDatabase(database: DatabaseSyncInstance): void {
  try {
    closeDatabase(database);
  } catch {
    // It is as closed as it can be.
  }
}

/** For nobody else's eyes: who reads an id of a resource can act as it. */
function reserve(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

function prepareTables(database: DatabaseSyncInstance): void {
  const contents = contentsOf(headerOf(database));
  if (contents === 'foreign') throw new Error('it belongs to another program. Name another file');
  if (contents === 'newer') throw new Error('a newer version of @ionosphere/sqlite wrote it. Use that version');
  if (contents === 'empty') database.exec(createTables);
  const { quick_check: check } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (check !== 'ok') throw Object.assign(new Error(check), { errcode: 11 });
  // Takes the lock, even if nothing else is written, and shows that the file can be written.
  database.exec('BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT');
}

function headerOf(database: DatabaseSyncInstance): Header {
  return database.prepare(readHeader).get() as Header;
}
