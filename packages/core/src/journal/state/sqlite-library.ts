import type { DatabaseSync } from "node:sqlite";

/** What is used of `node:sqlite`. */
export interface SqliteLibrary {
  readonly DatabaseSync: typeof DatabaseSync;
}

let loaded: Promise<SqliteLibrary> | undefined;

/** Loads SQLite when it is first needed. Earlier releases of Node.js 24 print that it is experimental, which is nothing to tell who copies an image. */
export function loadSqlite(): Promise<SqliteLibrary> {
  loaded ??= importQuietly();
  return loaded;
}

async function importQuietly(): Promise<SqliteLibrary> {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!String(warning).startsWith("SQLite is an experimental feature")) {
      Reflect.apply(emitWarning, process, [warning, ...rest]);
    }
  };
  try {
    return await import("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
