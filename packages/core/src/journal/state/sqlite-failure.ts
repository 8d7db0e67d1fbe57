/** SQLite's result codes that mean something here. Spec: sqlite.org/rescode.html. */
const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/** Another connection works on the same file now. */
export function isBusy(error: unknown): boolean {
  return [BUSY, LOCKED].includes(primaryCode(error) ?? -1);
}

/** What is in the file is no database, a broken one, or not the one that was made: a table is missing. */
export function isDamage(error: unknown): boolean {
  return [ERROR, CORRUPT, NOT_A_DATABASE].includes(primaryCode(error) ?? -1);
}

/** Whether the error is SQLite's own. */
export function isSqliteFailure(error: unknown): error is Error {
  return primaryCode(error) !== undefined;
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  // The upper bytes tell more closely what happened.
  return error.errcode & 0xff;
}
