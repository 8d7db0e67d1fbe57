import { open, rm } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { isBusy } from "./sqlite-failure.ts";
import type { SqliteLibrary } from "./sqlite-library.ts";

/**
 * A lock on a file of its own that the system drops the moment its holder dies, however it dies: an exclusive transaction on an empty database. So it
 * holds between processes that share nothing but the folder, such as containers that number their processes anew, and while the holder stands still.
 */
export class ProcessLock {
  readonly path: string;
  readonly #database: DatabaseSync;

  private constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.#database = database;
  }

  /** Takes the lock, making its file (0600) where there is none. @throws SQLite's error, which `isBusy` where a living process has the lock. */
  static async take(sqlite: SqliteLibrary, path: string): Promise<ProcessLock> {
    try {
      // Before SQLite opens it, and never one that is there: closing any handle of a file drops every lock that this process has on it.
      await (await open(path, "wx", 0o600)).close();
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    return new ProcessLock(path, beginExclusive(sqlite, path));
  }

  /** Whether a living process has the lock of a file that is there. */
  static isHeld(sqlite: SqliteLibrary, path: string): boolean {
    try {
      beginExclusive(sqlite, path).close();
      return false;
    } catch (error) {
      if (isBusy(error)) return true;
      throw error;
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** Releases the lock, and removes its file: for one whose name is not used again. */
  async discard(): Promise<void> {
    this.release();
    await rm(this.path, { force: true });
  }
}

function beginExclusive({ DatabaseSync: Database }: SqliteLibrary, path: string): DatabaseSync {
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
