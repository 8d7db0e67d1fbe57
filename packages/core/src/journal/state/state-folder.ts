import { chmod, mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { getSystemErrorMessage } from "node:util";
import { StoreError } from "../../errors/errors.ts";

/** What is where in the state folder. */
export interface StateFolder {
  readonly path: string;
  /** SQLite keeps two more files beside it, with its name and `-wal`, `-shm`. */
  readonly journal: string;
  /** Held while the journal's file is made or set aside. */
  readonly setupLock: string;
  /** One file for each process that works on uploads, locked while it lives. */
  readonly owners: string;
  /** Big blobs on their way to registries that can't resume inside a blob. */
  readonly spool: string;
}

/** The names in a state folder. Nothing is read or made. */
export function stateFolderAt(path: string): StateFolder {
  return {
    path,
    journal: join(path, "journal.db"),
    setupLock: join(path, "setup.lock"),
    owners: join(path, "owners"),
    spool: join(path, "spool"),
  };
}

/**
 * Makes the folder where there is none, for nobody else to read (0700). One that is there is used as it is, if nobody else may write to it; an empty one is
 * closed to others.
 * @throws {StoreError} STORAGE where it can't be used, with the reason.
 */
export async function prepareStateFolder(path: string): Promise<StateFolder> {
  const folder = stateFolderAt(path);
  try {
    await makeFolder(path);
    await closeToOthers(path);
    await makeFolder(folder.owners);
  } catch (error) {
    throw unusableFolder(path, error);
  }
  return folder;
}

/** `recursive` of `mkdir` is not used: it says ENOENT of a file system that is read-only. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return;
    if (!isSystemError(error, "ENOENT") || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch((again) => {
      if (!isSystemError(again, "EEXIST")) throw again;
    });
  }
}

async function closeToOthers(path: string): Promise<void> {
  // Windows has no such modes, and a profile's folder is the user's own there.
  if (process.platform === "win32") return;
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  if ((await readdir(path)).length === 0) return chmod(path, 0o700);
  if ((mode & 0o022) === 0) return;
  throw new StoreError(
    "STORAGE",
    `Cannot use the state folder "${path}": others may write to it (chmod go-w, or take another one)`,
  );
}

/** The error for a state folder that the system refuses. What says so already comes back as it is. */
export function unusableFolder(path: string, error: unknown): unknown {
  if (error instanceof StoreError) return error;
  if (!(error instanceof Error)) return error;
  return new StoreError("STORAGE", `Cannot use the state folder "${path}": ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: Error): string {
  const code = "code" in error ? String(error.code) : "";
  if (code === "ENOTDIR" || code === "EEXIST") return "it is, or lies below, a file";
  if ("errno" in error && typeof error.errno === "number") return `${getSystemErrorMessage(error.errno)} (${code})`;
  return error.message;
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
