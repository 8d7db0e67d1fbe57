import { stat } from "node:fs/promises";
import { stateFolderAt } from "@tranship/copy";
import type { BlobCounts, TagCounts, UploadSummary } from "@tranship/core";
import { readingInput, UsageError } from "../errors/usage-error.ts";
import { type FolderSize, folderSize } from "./folder-size.ts";
import { openStateJournal } from "./open-state.ts";
import { type StateFlags, statePath } from "./state-path.ts";

/** What a state folder holds. */
export interface StateContents extends BlobCounts, TagCounts {
  readonly folder: string;
  /** Everything in it. */
  readonly size: FolderSize;
  readonly spool: FolderSize;
  readonly uploads: readonly UploadSummary[];
  readonly hosts: number;
  /** Tags that mirrors own at their targets. */
  readonly ownedTags: number;
  /** Blobs whose replacement at a registry was not finished. */
  readonly unfinishedRepairs: number;
}

/** The folder that a command about the state is about. @throws {UsageError} with `--no-state`. */
export function neededStatePath(flags: StateFlags): string {
  const path = statePath(flags);
  if (path === undefined) throw new UsageError("--no-state leaves nothing to show or to change");
  return path;
}

/** Whether there is a journal. @throws {UsageError} where that can't be told. */
export async function hasJournal(path: string): Promise<boolean> {
  try {
    await stat(stateFolderAt(path).journal);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read the state folder "${path}": ${reason}`, { cause: error });
  }
}

/** Reads what there is; makes nothing. @throws {UsageError} where the folder can't be used. */
export async function readState(path: string): Promise<StateContents> {
  return readingInput(async () => {
    const found = await hasJournal(path);
    const size = await folderSize(path);
    const spool = await folderSize(stateFolderAt(path).spool);
    const empty = {
      uploads: [],
      hosts: 0,
      blobs: 0,
      refusedMounts: 0,
      tags: 0,
      rewrites: 0,
      buildTimes: 0,
      ownedTags: 0,
      unfinishedRepairs: 0,
    };
    if (!found) return { folder: path, size, spool, ...empty };
    await using stack = new AsyncDisposableStack();
    const journal = stack.adopt(await openStateJournal(path), (opened) => opened.close());
    const uploads = await Array.fromAsync(journal.uploads.list());
    const hosts = (await Array.fromAsync(journal.profiles.hosts())).length;
    const counts = { ...(await journal.blobs.counts()), ...(await journal.tags.counts()) };
    const ownedTags = await journal.ownership.count();
    const unfinishedRepairs = (await Array.fromAsync(journal.repairs.list())).length;
    return { folder: path, size, spool, uploads, hosts, ...counts, ownedTags, unfinishedRepairs };
  });
}
