import type { DatabaseSyncInstance } from '@photostructure/sqlite';

/** How many earlier runs a client may say that it is from. */
const RUNS = 1000;

const texts = {
  lastRun: 'SELECT "end", settled FROM run ORDER BY id DESC LIMIT 1',
  beginRun: 'INSERT INTO run (epoch, "end", settled) VALUES (?, ?, ?)',
  saveRun: 'UPDATE run SET "end" = ?, settled = ? WHERE epoch = ?',
  forgetRuns: `DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - ${RUNS}`,
  endOfRun: 'SELECT "end" FROM run WHERE epoch = ?',
  findLog: 'SELECT id, forgotten FROM log WHERE name = ?',
  messages:
    'SELECT sequence, at, binary, payload, key, receivers, "except" FROM message WHERE log = ? ORDER BY sequence',
  saveLog: `INSERT INTO log (name, forgotten, expires) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET forgotten = excluded.forgotten, expires = max(expires, excluded.expires) RETURNING id`,
  saveMessage: 'INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  forgetMessages: 'DELETE FROM message WHERE log = ? AND sequence < ?',
  dropMessages: 'DELETE FROM message WHERE log = (SELECT id FROM log WHERE name = ?)',
  dropLog: 'DELETE FROM log WHERE name = ?',
  expireMessages: 'DELETE FROM message WHERE log IN (SELECT id FROM log WHERE expires < ?)',
  expireLogs: 'DELETE FROM log WHERE expires < ?',
  resources: 'SELECT uuid, path, state FROM resource',
  foreignReceivers: `SELECT sequence FROM message WHERE receivers IS NOT NULL AND NOT CASE WHEN json_valid(receivers)
    THEN coalesce(json_type(receivers, '$.only'), json_type(receivers, '$.except')) IS 'array' ELSE 0 END LIMIT 1`,
  saveResource: 'INSERT OR REPLACE INTO resource VALUES (?, ?, ?)',
  endResource: 'DELETE FROM resource WHERE uuid = ? AND path = ?',
} as const;

type Statement = ReturnType<DatabaseSyncInstance['prepare']>;

/** Everything that a store says to its database, prepared once. */
export type Statements = Readonly<Record<keyof typeof texts, Statement>>;

export function prepareStatements(database: DatabaseSyncInstance): Statements {
  const entries = Object.entries(texts).map(([name, text]) => [name, database.prepare(text)]);
  return Object.fromEntries(entries) as Statements;
}
