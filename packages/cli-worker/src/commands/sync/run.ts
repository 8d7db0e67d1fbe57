import { CopyRun, planSync } from "@tranship/copy";
import { UsageError } from "../../errors/usage-error.ts";
import { reportFiles } from "../../report/report-file.ts";
import { renderPlan } from "../../results/render-plan.ts";
import { throwFailures, throwUnresolved } from "../../results/render-result.ts";
import type { MirrorFlags, RunFlags } from "../../sync/mirror-flags.ts";
import { type OpenMirrors, openMirrors } from "../../sync/open-mirrors.ts";
import { syncMirrors } from "../../sync/sync-mirrors.ts";
import { print, printJson } from "../../terminal/output.ts";
import type { HealthAddress } from "../../watch/health-server.ts";

export interface SyncFlags extends MirrorFlags, RunFlags {
  readonly dryRun?: boolean | undefined;
  /** A cron expression; true: the file's. With it `watchAction` carries the file out. */
  readonly watch?: string | true | undefined;
  /** Where a watch answers for its health. */
  readonly health?: HealthAddress | undefined;
  /** Hosts that a watch answers for, beside addresses and `localhost`. */
  readonly allowedHost?: readonly string[] | undefined;
  /** Whether a watch begins at once; false with `--no-first-run`. */
  readonly firstRun?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

/**
 * Keeps the mirrors of a file in step.
 * @throws {UsageError} before anything starts. @throws {SomeFailed} where not all was done; an abort rejects with `signal.reason`.
 */
export async function syncAction(flags: SyncFlags, signal: AbortSignal): Promise<void> {
  if (flags.dryRun === true && flags.report !== undefined) {
    throw new UsageError("--report is of what was done, and --dry-run does nothing: leave one of them out");
  }
  if (flags.health !== undefined || flags.firstRun === false) {
    throw new UsageError("--health and --no-first-run are for a watch: add --watch, or leave them out");
  }
  const files = await reportFiles(flags.report);
  await using mirrors = await openMirrors(flags.file, flags, signal);
  if (flags.dryRun === true) await showPlan(mirrors, flags, signal);
  else throwFailures(await syncMirrors(mirrors, flags, files, signal));
}

async function showPlan(
  mirrors: OpenMirrors,
  { concurrency, trustJournal: trustMs, ignoreBrokenTags, json, quiet }: SyncFlags,
  signal: AbortSignal,
): Promise<void> {
  const repositories = await mirrors.all();
  const {
    file: { owner },
    stores,
    state,
    unresolved,
    asked,
  } = mirrors;
  const run = new CopyRun({ concurrency, journal: state.journal });
  const common = { run, owner, trustMs, ignoreBrokenTags, unresolved, asked, signal };
  const plan = await planSync(repositories, stores, common);
  if (json === true) printJson(plan);
  else if (quiet !== true) renderPlan(plan).forEach(print);
  throwUnresolved(plan);
}
