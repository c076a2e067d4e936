/** Tells a database of ours from all others ("IONO"). */
const APPLICATION_ID = 0x494f4e4f;

/** Counts up when the tables change. */
const VERSION = 1;

/** Text is stored as bytes of UTF-8 with `binary` 0: SQLite's own texts end at the first NUL. */
const tables = `
  CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL UNIQUE,
    "end" INTEGER NOT NULL,
    settled INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    forgotten INTEGER NOT NULL,
    expires REAL NOT NULL
  ) STRICT;
  CREATE TABLE message (
    sequence INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    at INTEGER NOT NULL,
    binary INTEGER NOT NULL,
    payload BLOB NOT NULL,
    key TEXT,
    receivers TEXT,
    "except" TEXT
  ) STRICT;
  CREATE INDEX message_of_log ON message (log, sequence);
  CREATE TABLE resource (
    uuid TEXT NOT NULL,
    path TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (uuid, path)
  ) STRICT, WITHOUT ROWID;
`;

/** What a file is: a store of ours, nothing yet, or something else. */
export type Contents = 'ours' | 'empty' | 'foreign' | 'newer';

interface Header {
  readonly application: number;
  readonly version: number;
  readonly tables: number;
}

export const readHeader = `
  SELECT application_id AS application, user_version AS version, (SELECT count(*) FROM sqlite_schema) AS tables
  FROM pragma_application_id, pragma_user_version`;

export function contentsOf({ application, version, tables: count }: Header): Contents {
  if (application === 0 && version === 0 && count === 0) return 'empty';
  if (application !== APPLICATION_ID) return 'foreign';
  return version > VERSION ? 'newer' : 'ours';
}

export const createTables = `
  BEGIN IMMEDIATE;
  ${tables}
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
  COMMIT;`;

export type { Header };
