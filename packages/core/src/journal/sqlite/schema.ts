import type { DatabaseSync } from "node:sqlite";
import { isDamage } from "../state/sqlite-failure.ts";

/** "tran" in the file's header, where a database says whose it is. Spec: sqlite.org/fileformat2.html, "Application ID". */
export const APPLICATION_ID = 0x7472616e;

const TABLES = [
  "blobs",
  "build_times",
  "facts",
  "leases",
  "mirror_targets",
  "owned_tags",
  "places",
  "refused_mounts",
  "repairs",
  "rewrites",
  "tags",
  "upkeep",
  "uploads",
];

/** Each makes the tables of the next version out of those of the one before. A version that was released is never changed. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE places (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL, access TEXT NOT NULL, repository TEXT NOT NULL,
    UNIQUE (host, access, repository)
  ) STRICT;
  CREATE TABLE uploads (
    id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL, digest BLOB NOT NULL,
    size INTEGER NOT NULL, location TEXT NOT NULL, confirmed INTEGER NOT NULL,
    opened INTEGER NOT NULL, changed INTEGER NOT NULL,
    owner TEXT,
    UNIQUE (place, digest, owner)
  ) STRICT;
  CREATE TABLE blobs (
    digest BLOB NOT NULL, place INTEGER NOT NULL, seen INTEGER NOT NULL,
    PRIMARY KEY (digest, place)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX blobs_seen ON blobs (seen);
  CREATE TABLE refused_mounts (
    source INTEGER NOT NULL, target INTEGER NOT NULL, refused INTEGER NOT NULL,
    PRIMARY KEY (source, target)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE facts (
    host TEXT NOT NULL, name TEXT NOT NULL, by_user INTEGER NOT NULL,
    value TEXT NOT NULL, learned INTEGER NOT NULL, expires INTEGER,
    PRIMARY KEY (host, name, by_user)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tags (
    place INTEGER NOT NULL, tag TEXT NOT NULL, digest BLOB NOT NULL, seen INTEGER NOT NULL,
    PRIMARY KEY (place, tag)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE rewrites (
    source BLOB NOT NULL, selection TEXT NOT NULL, result BLOB NOT NULL, made INTEGER NOT NULL,
    PRIMARY KEY (source, selection)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE upkeep (pruned INTEGER NOT NULL) STRICT;
  INSERT INTO upkeep VALUES (0);
  `,
  `
  CREATE TABLE build_times (
    digest BLOB NOT NULL PRIMARY KEY, built INTEGER NOT NULL, read INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE mirror_targets (
    id INTEGER PRIMARY KEY,
    mirror TEXT NOT NULL, target TEXT NOT NULL,
    UNIQUE (mirror, target)
  ) STRICT;
  CREATE TABLE owned_tags (
    mirror_target INTEGER NOT NULL, tag TEXT NOT NULL,
    digest BLOB NOT NULL, because TEXT NOT NULL, recorded INTEGER NOT NULL,
    PRIMARY KEY (mirror_target, tag)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE repairs (
    place INTEGER NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL, begun INTEGER NOT NULL,
    PRIMARY KEY (place, digest)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE leases (
    fence INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    renewed INTEGER NOT NULL, expires INTEGER NOT NULL
  ) STRICT;
  `,
];

/** Whose database it is: `ours` (of this version or an earlier one), `empty`, a `newer` version's, or somebody else's. */
export type Provenance = "ours" | "empty" | "newer" | "foreign";

/** Reads whose database it is. @throws SQLite's error where it is none. */
export function provenanceOf(database: DatabaseSync): Provenance {
  const id = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  const tables = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.["tables"];
  if (id === 0 && version === 0 && tables === 0) return "empty";
  if (id !== APPLICATION_ID) return "foreign";
  return version > MIGRATIONS.length ? "newer" : "ours";
}

/** Makes or renews the tables, in one transaction: also where several processes begin at once, or one dies in the middle of it. */
export function migrate(database: DatabaseSync): void {
  if (pragma(database, "user_version") === MIGRATIONS.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have done it while we waited.
    for (const migration of MIGRATIONS.slice(pragma(database, "user_version"))) database.exec(migration);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function pragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** Whether every table is there and every page can be read. Reads the whole file. */
export function isSound(database: DatabaseSync): boolean {
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    const names = tables.map(({ name }) => name);
    return (
      TABLES.every((name) => names.includes(name)) &&
      database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"] === "ok"
    );
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}
