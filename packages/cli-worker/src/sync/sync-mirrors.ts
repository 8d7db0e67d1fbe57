import { type ApplyOptions, type SyncResult, sync } from "@tranship/copy";
import type { ReportFile } from "../report/report-file.ts";
import type { MirrorFlags, RunFlags } from "./mirror-flags.ts";
import type { OpenMirrors } from "./open-mirrors.ts";
import { runSync } from "./run-sync.ts";

/** Keeps mirrors in step, prints how that went and writes reports of it. What fails is in the result; an abort rejects with `signal.reason`. */
export function syncMirrors(
  { file: { owner }, repositories, stores, state, unresolved, asked }: OpenMirrors,
  flags: MirrorFlags & RunFlags,
  files: readonly ReportFile[],
  signal: AbortSignal,
): Promise<SyncResult> {
  const { file, trustJournal: trustMs, ignoreBrokenTags } = flags;
  const work = (options: ApplyOptions): Promise<SyncResult> =>
    sync(repositories, stores, { ...options, owner, trustMs, ignoreBrokenTags, unresolved, asked });
  return runSync(flags, signal, work, { state, reports: { command: "sync", of: file, files } });
}
