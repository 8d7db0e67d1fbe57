import { type ApplyOptions, CopyRun, planSync, type SyncResult, sync } from "@tranship/copy";
import { print, printJson } from "../output.ts";
import type { MirrorFlags, RunFlags } from "../sync/mirror-flags.ts";
import { openMirrors } from "../sync/open-mirrors.ts";
import { renderPlan } from "../sync/render-plan.ts";
import { throwFailures, throwUnresolved } from "../sync/render-result.ts";
import { runSync } from "../sync/run-sync.ts";

export interface SyncFlags extends MirrorFlags, RunFlags {
  readonly dryRun?: boolean | undefined;
}

/**
 * Keeps the mirrors of a file in step.
 * @throws {UsageError} before anything starts. @throws {SomeFailed} where not all was done; an abort rejects with `signal.reason`.
 */
export async function syncAction(flags: SyncFlags, signal: AbortSignal): Promise<void> {
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
  const result = await runSync(flags, signal, work, { state });
  throwFailures(result);
}
