import { PersistentSpool, stateFolderAt } from "@tranship/copy";
import type { Journal } from "@tranship/core";
import type { RegistryFlags } from "../../arguments/options.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { Registries } from "../../registries/registries.ts";
import { openStateJournal } from "../../state/open-state.ts";
import { hasJournal, neededStatePath } from "../../state/read-state.ts";
import type { StateFlags } from "../../state/state-path.ts";
import { print } from "../../terminal/output.ts";
import { counted, formatBytes } from "../../terminal/units.ts";

export interface StateClearFlags extends StateFlags, RegistryFlags {
  readonly uploads?: boolean | undefined;
  readonly blobs?: boolean | undefined;
  readonly hosts?: boolean | undefined;
  readonly tags?: boolean | undefined;
  /** Which tags are a mirror's own. */
  readonly owned?: boolean | undefined;
  /** Blobs whose replacement was not finished. */
  readonly repairs?: boolean | undefined;
  readonly spool?: boolean | undefined;
  readonly all?: boolean | undefined;
}

/**
 * Forgets parts of what is remembered. Uploads that nobody works on are cancelled at their registries where that can be done.
 * @throws {UsageError} where it isn't said what to clear, and where the folder can't be used.
 */
export async function stateClearAction(flags: StateClearFlags, signal: AbortSignal): Promise<void> {
  const { all = false, uploads = all, blobs = all, hosts = all, tags = all, owned = all } = flags;
  const { repairs = all, spool = all } = flags;
  if (![uploads, blobs, hosts, tags, owned, repairs, spool].includes(true)) {
    const flagNames = "--uploads, --blobs, --hosts, --tags, --owned, --repairs, --spool or --all";
    throw new UsageError(`Say what to clear: ${flagNames}`);
  }
  const path = neededStatePath(flags);
  if (await hasJournal(path)) {
    await using stack = new AsyncDisposableStack();
    const journal = stack.adopt(await openStateJournal(path), (opened) => opened.close());
    if (uploads) await clearUploads(journal, flags, signal);
    if (blobs) print(`Forgot where ${counted(await journal.blobs.clear(), "blob")} were seen, and refused mounts`);
    if (hosts) print(`Forgot ${counted(await journal.profiles.clear(), "fact")} about hosts`);
    if (tags) print(`Forgot ${counted(await journal.tags.clear(), "tag")}`);
    if (repairs) print(`Forgot ${counted(await journal.repairs.clear(), "unfinished repair")}`);
    if (owned) print(`Forgot that mirrors own ${counted(await journal.ownership.clear(), "tag")}`);
  }
  if (spool) await clearSpool(stateFolderAt(path).spool);
}

/** One that can't be cancelled is forgotten as well, and expires at its registry. */
async function clearUploads(journal: Journal, flags: StateClearFlags, signal: AbortSignal): Promise<void> {
  await using registries = await Registries.create(flags, { hosts: [] });
  let [cancelled, left] = [0, 0];
  for await (const abandoned of journal.uploads.abandoned()) {
    signal.throwIfAborted();
    const registry = await registries.registry(abandoned.key.host);
    if (await registry.cancelUpload(abandoned)) cancelled += 1;
    else left += 1;
    await journal.uploads.ended(abandoned.key);
  }
  const working = (await Array.fromAsync(journal.uploads.list())).length;
  print(`Cancelled ${counted(cancelled, "upload")}`);
  if (left > 0) print(`Forgot ${counted(left, "upload")} that could not be cancelled: they expire at their registries`);
  if (working > 0) print(`Kept ${counted(working, "upload")} that a process works on`);
}

/** What a process works on stays. */
async function clearSpool(path: string): Promise<void> {
  const { files, bytes } = await new PersistentSpool(path).clear();
  print(`Removed ${counted(files, "file")} of the spool, ${formatBytes(bytes)}`);
}
