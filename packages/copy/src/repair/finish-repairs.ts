import { type Descriptor, type Source, StoreError, type Target } from "@tranship/core";
import { withAbort } from "../concurrency/with-abort.ts";
import { BlobRepairs, type RepairOptions } from "./blob-repairs.ts";

export interface FinishOptions extends RepairOptions {
  /** Whether wrong bytes may be deleted, as when the repair began. Else only a blob that is missing is sent. */
  readonly deletes: boolean;
}

/** What became of the repair of one blob that an earlier process left. */
export interface FinishedRepair {
  readonly blob: Descriptor;
  /** Absent where the right bytes are there. */
  readonly error?: unknown;
}

/**
 * Finishes the replacements of blobs of a target that an earlier process began and did not end: one that was killed after the
 * DELETE left a blob missing. Once for each target in a run; later callers wait, and are told nothing.
 * Requests: none where nothing was left, else those of `Target.replace` for each.
 * @throws an abort rejects with `signal.reason`.
 */
export async function finishRepairs(
  source: Source,
  target: Target,
  options: FinishOptions,
): Promise<readonly FinishedRepair[]> {
  const { finishing } = options.run;
  const known = finishing.get(target);
  if (known !== undefined) {
    await withAbort(known, options.call.signal);
    return [];
  }
  const finished = finishAll(source, target, options);
  // Whoever waits for it has a signal of its own.
  finishing.set(
    target,
    finished.catch(() => undefined),
  );
  return finished;
}

async function finishAll(
  source: Source,
  target: Target,
  { deletes, ...options }: FinishOptions,
): Promise<readonly FinishedRepair[]> {
  const { call } = options;
  const pending = (await target.pendingReplacements?.(call)) ?? [];
  const repairs = new BlobRepairs(source, target, options);
  const finished: FinishedRepair[] = [];
  for (const blob of pending) {
    try {
      if (!deletes && (await isThere(target, blob, options))) continue;
      await repairs.finish(blob);
      finished.push({ blob });
    } catch (error) {
      call.signal.throwIfAborted();
      finished.push({ blob, error });
    }
  }
  return finished;
}

/** What is said of a repair that was finished, or could not be. */
export function finishedNotice({ blob, error }: FinishedRepair, target: Target): string {
  const what = `the repair of blob "${blob.digest}" in "${target.name}", which an earlier run began`;
  if (error === undefined) return `Finished ${what}`;
  return `Cannot finish ${what}: ${error instanceof Error ? error.message : String(error)}`;
}

async function isThere(target: Target, blob: Descriptor, { call }: RepairOptions): Promise<boolean> {
  try {
    await target.readBack?.(blob, call);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === "BLOB_UNKNOWN") return false;
    throw error;
  }
}
