import { existsSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { existingFile } from "./existing-file.ts";
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
    for (;;) {
      try {
        // Before SQLite opens it, and never one that is there: closing any handle of a file drops every lock that this process has on it.
        await (await open(path, "wx", 0o600)).close();
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
      const database = beginExclusive(sqlite, path);
      // Else somebody took it for that of a dead process, and removed it, in between.
      if (database !== undefined && existsSync(path)) return new ProcessLock(path, database);
      database?.close();
    }
  }

  /** Removes the file of a lock unless a living process has it: then it is false. The lock is held meanwhile, so that nobody takes what is about to go. */
  static removeUnlessHeld(sqlite: SqliteLibrary, path: string): boolean {
    try {
      const database = beginExclusive(sqlite, path);
      if (database !== undefined) rmSync(path, { force: true });
      database?.close();
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
  }

  /** Releases the lock, and leaves its file for the next one who takes it. */
  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** Releases the lock, and removes its file: for one whose name is not used again. */
  async discard(): Promise<void> {
    this.release();
    await rm(this.path, { force: true });
  }
}

/** An exclusive transaction on a file that is there; undefined where there is none. */
function beginExclusive({ DatabaseSync: Database }: SqliteLibrary, path: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new Database(existingFile(path), { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if (!isBusy(error) && !existsSync(path)) return undefined;
    throw error;
  }
}
