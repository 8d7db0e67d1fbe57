import type { Connection } from "../state/connection.ts";
import { isDamage } from "../state/sqlite-failure.ts";
import type { SqliteLibrary } from "../state/sqlite-library.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { GroupedWrites } from "./grouped-writes.ts";
import { type OnSetAside, openConnection, setAsideUnlessMended } from "./open-connection.ts";
import { isSound } from "./schema.ts";
import { retryingWhileBusy } from "./while-busy.ts";

/** The journal's file: transactions that wait for those of other processes, and a new file where this one turns out to be damaged. */
export class JournalDatabase {
  readonly #sqlite: SqliteLibrary;
  readonly #folder: StateFolder;
  readonly #onSetAside: OnSetAside;
  readonly #grouped = new GroupedWrites((action) => this.write(action));
  #connection: Promise<Connection>;
  #mended = false;

  private constructor(sqlite: SqliteLibrary, folder: StateFolder, onSetAside: OnSetAside, connection: Connection) {
    this.#sqlite = sqlite;
    this.#folder = folder;
    this.#onSetAside = onSetAside;
    this.#connection = Promise.resolve(connection);
  }

  static async open(sqlite: SqliteLibrary, folder: StateFolder, onSetAside: OnSetAside): Promise<JournalDatabase> {
    return new JournalDatabase(sqlite, folder, onSetAside, await openConnection(sqlite, folder, onSetAside));
  }

  /** What reads. It may run twice. */
  read<T>(action: (connection: Connection) => T): Promise<T> {
    return this.#mending((connection) => retryingWhileBusy(() => action(connection)));
  }

  /** What writes, as one transaction. It may run twice; the first one is undone then. */
  write<T>(action: (connection: Connection) => T): Promise<T> {
    return this.#mending((connection) => retryingWhileBusy(() => connection.transact(() => action(connection))));
  }

  /** As `write`, in one transaction with what else is asked for in the same turn of the event loop. */
  writeNext(action: (connection: Connection) => void): Promise<void> {
    return this.#grouped.next(action);
  }

  /** As `write`, a moment later and in one transaction with others, for what is written often and nobody waits for. */
  writeSoon(action: (connection: Connection) => void): Promise<void> {
    return this.#grouped.soon(action);
  }

  async close(): Promise<void> {
    await this.#grouped.done();
    const connection = await this.#connection.catch(() => undefined);
    connection?.close();
  }

  /** Begins a new file, once, where the action finds this one damaged. */
  async #mending<T>(action: (connection: Connection) => Promise<T>): Promise<T> {
    const used = this.#connection;
    try {
      return await action(await used);
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (this.#connection === used) {
        if (this.#mended) throw error;
        this.#mended = true;
        this.#connection = this.#replace(await used);
      }
      return action(await this.#connection);
    }
  }

  async #replace(damaged: Connection): Promise<Connection> {
    damaged.close();
    await setAsideUnlessMended(this.#sqlite, this.#folder, this.#onSetAside, isSound);
    return openConnection(this.#sqlite, this.#folder, this.#onSetAside);
  }
}
