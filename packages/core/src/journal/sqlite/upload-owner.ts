import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SQLOutputValue } from "node:sqlite";
import type { Connection } from "../state/connection.ts";
import { ProcessLock } from "../state/process-lock.ts";
import type { SqliteLibrary } from "../state/sqlite-library.ts";
import { retryingWhileBusy } from "./while-busy.ts";

const NAME = /^[0-9a-f-]{36}$/;
const FILE_NAME = /^[0-9a-f-]{36}\.lock$/;

/**
 * Who works on uploads and holds leases: this journal, by a lock of its own, and the others that
 * share the folder, by theirs.
 */
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
    this.#lock ??= retryingWhileBusy(() => ProcessLock.take(this.#sqlite, this.#pathOf(this.id)));
    await this.#lock;
  }

  /**
   * Gives back what the dead of these owners had. Within a transaction that writes: two who try one lock at the same time would take each other for its
   * holder.
   */
  releaseDead(connection: Connection, owners: readonly SQLOutputValue[]): void {
    for (const owner of new Set(owners)) {
      if (owner === null || !this.isDead(String(owner))) continue;
      connection.run("UPDATE uploads SET owner = NULL WHERE owner = ?", owner);
    }
  }

  /** Removes the files of those who died. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (FILE_NAME.test(name)) ProcessLock.removeUnlessHeld(this.#sqlite, join(this.#folder, name));
    }
  }

  async end(): Promise<void> {
    const lock = await this.#lock?.catch(() => undefined);
    await lock?.discard();
  }

  /**
   * Whether an owner is gone for ever. Two processes that ask at the same time may take each other
   * for the owner: then the next question tells, unless both ask within a transaction that writes.
   * The owner's file goes first: names are used once, so that one without a file is dead.
   */
  isDead(owner: string): boolean {
    if (owner === this.id) return false;
    return !NAME.test(owner) || ProcessLock.removeUnlessHeld(this.#sqlite, this.#pathOf(owner));
  }

  #pathOf(owner: string): string {
    return join(this.#folder, `${owner}.lock`);
  }
}
