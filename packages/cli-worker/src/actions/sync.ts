import { type ApplyOptions, CopyRun, planSync, type SyncResult, sync } from "@tranship/copy";
import { print, printJson } from "../output.ts";
import { reportFiles } from "../report/report-file.ts";
import type { MirrorFlags, RunFlags } from "../sync/mirror-flags.ts";
import { openMirrors } from "../sync/open-mirrors.ts";
import { renderPlan } from "../sync/render-plan.ts";
import { throwFailures, throwUnresolved } from "../sync/render-result.ts";
import { runSync } from "../sync/run-sync.ts";
import { UsageError } from "../usage-error.ts";

export interface SyncFlags extends MirrorFlags, RunFlags {
  readonly dryRun?: boolean | undefined;
}

/**
 * Keeps the mirrors of a file in step.
 * @throws {UsageError} before anything starts. @throws {SomeFailed} where not all was done; an abort rejects with `signal.reason`.
 */
export async function syncAction(flags: SyncFlags, signal: AbortSignal): Promise<void> {
  if (flags.dryRun === true && flags.report !== undefined) {
    throw new UsageError("--report is of what was done, and --dry-run does nothing: leave one of them out");
  }
  const files = await reportFiles(flags.report);
  await using mirrors = await openMirrors(flags.file, flags, signal);
  const { repositories, stores, state, unresolved } = mirrors;
  const { concurrency, trustJournal: trustMs } = flags;
  if (flags.dryRun === true) {
    const run = new CopyRun({ concurrency, journal: state.journal });
    const plan = await planSync(repositories, stores, { run, trustMs, unresolved, signal });
    if (flags.json === true) printJson(plan);
    else if (flags.quiet !== true) renderPlan(plan).forEach(print);
    throwUnresolved(plan);
    return;
  }
  const work = (options: ApplyOptions): Promise<SyncResult> =>
    sync(repositories, stores, { ...options, trustMs, unresolved });
  const result = await runSync(flags, signal, work, { state, reports: { command: "sync", of: flags.file, files } });
  throwFailures(result);
}
