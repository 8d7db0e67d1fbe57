import { CopyRun, planSync } from "@tranship/copy";
import { print } from "../output.ts";
import { writableFile } from "../single-file.ts";
import type { MirrorFlags } from "../sync/mirror-flags.ts";
import { openMirrors } from "../sync/open-mirrors.ts";
import { formatPlan, writePlanFile } from "../sync/plan-file.ts";
import { renderPlan } from "../sync/render-plan.ts";
import { throwUnresolved } from "../sync/render-result.ts";

export interface PlanFlags extends MirrorFlags {
  readonly output?: string | undefined;
  readonly depth?: "content" | "uncounted" | "tags" | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/**
 * Plans the mirrors of a file and changes nothing.
 * @throws {UsageError} before anything starts. @throws {SomeFailed} where something could not be planned: the plan is of the rest.
 */
export async function planAction(flags: PlanFlags, signal: AbortSignal): Promise<void> {
  const toStdout = flags.output === "-" || flags.json === true;
  const output = toStdout ? undefined : await writableFile(flags.output);
  await using mirrors = await openMirrors(flags.file, flags, signal);
  const repositories = await mirrors.all();
  const { file, stores, unresolved, asked, state } = mirrors;
  const { concurrency, depth, trustJournal: trustMs, ignoreBrokenTags } = flags;
  const run = new CopyRun({ concurrency, journal: state.journal });
  const plan = await planSync(repositories, stores, {
    run,
    owner: file.owner,
    depth,
    trustMs,
    ignoreBrokenTags,
    unresolved,
    asked,
    signal,
  });
  if (output !== undefined) await writePlanFile(output, plan);
  if (toStdout) print(formatPlan(plan).trimEnd());
  else if (flags.quiet !== true) renderPlan(plan).forEach(print);
  throwUnresolved(plan);
}
