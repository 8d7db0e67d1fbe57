import { chmod, open, stat } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { Connection } from "../state/connection.ts";
import { ProcessLock } from "../state/process-lock.ts";
import { isDamage } from "../state/sqlite-failure.ts";
import type { SqliteLibrary } from "../state/sqlite-library.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { migrate, type Provenance, provenanceOf } from "./schema.ts";
import { removeRemains, setAside, type Unusable } from "./set-aside.ts";
import { retryingWhileBusy } from "./while-busy.ts";

/** How often another process may take a file away between our making and opening it. */
const ATTEMPTS = 10;

/** A database has at least a page; SQLite takes what is shorter for none, and would write over it. */
const SHORTEST_PAGE = 512;

/** Told of a journal that is not used, and kept under another name. */
export type OnSetAside = (event: { readonly path: string; readonly aside: string; readonly why: Unusable }) => void;

/**
 * Opens the journal's file, ready for use. Where there is none, or one that can't be used, a new one is made; the other is set aside.
 * @throws the system's error, or SQLite's.
 */
export async function openConnection(
  sqlite: SqliteLibrary,
  folder: StateFolder,
  onSetAside: OnSetAside,
): Promise<Connection> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await makeFile(sqlite, folder);
    const connection = await tryOpen(sqlite, folder.journal);
    if (connection instanceof Connection) return connection;
    await setAsideUnlessMended(sqlite, folder, onSetAside);
  }
  throw new Error(`"${folder.journal}" can't be used, nor a new one in its place`);
}

/** Sets the journal's file aside if it can't be used: no other process does it at the same time, and the new one of another process stays. */
export async function setAsideUnlessMended(
  sqlite: SqliteLibrary,
  folder: StateFolder,
  onSetAside: OnSetAside,
  isSound: (database: DatabaseSync) => boolean = () => true,
): Promise<void> {
  await withSetupLock(sqlite, folder, async () => {
    const found = await tryOpen(sqlite, folder.journal);
    const why = found instanceof Connection ? soundness(found, isSound) : found;
    if (why === undefined || why === "missing") return;
    const aside = await setAside(folder.journal, why);
    onSetAside({ path: folder.journal, aside, why });
  });
}

function soundness(connection: Connection, isSound: (database: DatabaseSync) => boolean): Unusable | undefined {
  try {
    return isSound(connection.database) ? undefined : "damaged";
  } finally {
    connection.close();
  }
}

/** Under the lock, so that what a lost database left behind is gone before the new one is there. */
async function makeFile(sqlite: SqliteLibrary, folder: StateFolder): Promise<void> {
  if (await exists(folder.journal)) return;
  await withSetupLock(sqlite, folder, async () => {
    if (await exists(folder.journal)) return;
    await removeRemains(folder.journal);
    // SQLite gives its two other files the modes of this one.
    await (await open(folder.journal, "wx", 0o600)).close();
  });
}

/** A connection that is ready for use; or why there is none. */
async function tryOpen(sqlite: SqliteLibrary, path: string): Promise<Connection | Unusable | "missing"> {
  let connection: Connection | undefined;
  try {
    const { mode, size } = await stat(path);
    // One that came from elsewhere. Changing a mode opens nothing.
    if (process.platform !== "win32" && (mode & 0o077) !== 0) await chmod(path, 0o600);
    if (size > 0 && size < SHORTEST_PAGE) return "damaged";
    const opened = new Connection(sqlite, path);
    connection = opened;
    const provenance = await retryingWhileBusy(() => prepare(opened));
    if (provenance === "ours") return opened;
    opened.close();
    return provenance;
  } catch (error) {
    connection?.close();
    if (isDamage(error)) return "damaged";
    if (!(await exists(path))) return "missing";
    throw error;
  }
}

function prepare({ database }: Connection): Exclude<Provenance, "empty"> {
  const provenance = provenanceOf(database);
  if (provenance === "newer" || provenance === "foreign") return provenance;
  // A location that ended is overwritten, not only forgotten; what was pruned gives its space back.
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA auto_vacuum = INCREMENTAL");
  // Safe against a kill at any instant; a power cut may cost the last entries, which cost time only.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304");
  migrate(database);
  return "ours";
}

async function withSetupLock(sqlite: SqliteLibrary, folder: StateFolder, action: () => Promise<void>): Promise<void> {
  const lock = await retryingWhileBusy(() => ProcessLock.take(sqlite, folder.setupLock));
  try {
    await action();
  } finally {
    lock.release();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
