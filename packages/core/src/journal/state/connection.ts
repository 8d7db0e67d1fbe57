import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { existingFile } from "./existing-file.ts";
import type { SqliteLibrary } from "./sqlite-library.ts";

/** How long SQLite itself waits for another connection, in ms: it stops the process meanwhile, so the longer waits are made between two tries. */
const SHORT_WAIT_MS = 20;

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** One connection to the journal's file, with every statement prepared once. */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens a file that is there; makes none. @throws SQLite's error. */
  constructor({ DatabaseSync: Database }: SqliteLibrary, path: string) {
    this.#database = new Database(existingFile(path), { timeout: SHORT_WAIT_MS });
  }

  get database(): DatabaseSync {
    return this.#database;
  }

  /** How many rows were changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepared(sql).get(...values);
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#prepared(sql).all(...values);
  }

  /** Runs the action as one transaction that writes; what it throws undoes everything. */
  transact<T>(action: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = action();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
