import { randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SQLOutputValue } from "node:sqlite";
import type { Connection } from "./connection.ts";
import type { JournalDatabase } from "./journal-database.ts";
import { ProcessLock } from "./process-lock.ts";
import type { SqliteLibrary } from "./sqlite-library.ts";

const SUFFIX = ".lock";
const NAME = /^[0-9a-f-]{36}$/;

/** A file that no row names is another's that is being made, or was left behind; after that long, in ms, it is the latter. */
const LEFT_BEHIND_MS = 24 * 60 * 60 * 1000;

/** Who works on uploads: this journal, by a lock of its own, and the others that share the folder, by theirs. */
export class UploadOwner {
  readonly id: string = randomUUID();
  readonly #sqlite: SqliteLibrary;
  readonly #folder: string;
  #lock: Promise<ProcessLock> | undefined;

  constructor(sqlite: SqliteLibrary, folder: string) {
    this.#sqlite = sqlite;
    this.#folder = folder;
  }

  get hasBegun(): boolean {
    return this.#lock !== undefined;
  }

  /** Takes our lock, once. Before the first row that names us, so that whoever sees such a row finds a lock. */
  async begin(): Promise<void> {
    this.#lock ??= ProcessLock.take(this.#sqlite, this.#pathOf(this.id));
    await this.#lock;
  }

  /**
   * Gives back what the dead of these owners had. Within a transaction that writes: two who try one lock at the same time would take each other for its
   * holder.
   */
  releaseDead(connection: Connection, owners: readonly SQLOutputValue[]): void {
    for (const owner of new Set(owners)) {
      if (owner === null || owner === this.id || this.#isAlive(String(owner))) continue;
      connection.run("UPDATE uploads SET owner = NULL WHERE owner = ?", owner);
      if (NAME.test(String(owner))) rmSync(this.#pathOf(String(owner)), { force: true });
    }
  }

  /** Removes the files of those who died without owning anything. */
  async sweep(database: JournalDatabase): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const owner = name.slice(0, -SUFFIX.length);
      const path = join(this.#folder, name);
      const { mtimeMs = Date.now() } = (await stat(path).catch(() => undefined)) ?? {};
      if (path !== this.#pathOf(owner) || Date.now() - mtimeMs < LEFT_BEHIND_MS) continue;
      await database.write((connection) => {
        if (connection.get("SELECT 1 FROM uploads WHERE owner = ?", owner) !== undefined) return;
        if (!this.#isAlive(owner)) rmSync(path, { force: true });
      });
    }
  }

  async end(): Promise<void> {
    const lock = await this.#lock?.catch(() => undefined);
    await lock?.discard();
  }

  #isAlive(owner: string): boolean {
    if (!NAME.test(owner)) return false;
    const path = this.#pathOf(owner);
    // Names are used once, so that one who is gone does not come back.
    return existsSync(path) && ProcessLock.isHeld(this.#sqlite, path);
  }

  #pathOf(owner: string): string {
    return join(this.#folder, `${owner}${SUFFIX}`);
  }
}
