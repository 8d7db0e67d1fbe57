import { CopyRun, planSync } from "@tranship/copy";
import { UsageError } from "../../errors/usage-error.ts";
import { writableFile } from "../../files/single-file.ts";
import { writeWhole } from "../../files/write-whole.ts";
import { renderPlan } from "../../results/render-plan.ts";
import { throwUnresolved } from "../../results/render-result.ts";
import type { MirrorFlags } from "../../sync/mirror-flags.ts";
import { openMirrors } from "../../sync/open-mirrors.ts";
import { formatPlan, writePlanFile } from "../../sync/plan-file.ts";
import { print } from "../../terminal/output.ts";

export interface PlanFlags extends MirrorFlags {
  readonly output?: string | undefined;
  readonly depth?: "content" | "uncounted" | "tags" | undefined;
  /** A private key of SSH that the plan is signed with. */
  readonly signKey?: string | undefined;
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
  if (flags.signKey !== undefined && output === undefined)
    throw new UsageError("--sign-key writes the signature beside the plan: name the plan's file with --output FILE");
  const sign = flags.signKey === undefined ? undefined : await signer(flags.signKey, signal);
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
  if (output !== undefined && sign !== undefined) await writeWhole(`${output}.sig`, sign(formatPlan(plan)));
  if (toStdout) print(formatPlan(plan).trimEnd());
  else if (flags.quiet !== true) renderPlan(plan).forEach(print);
  throwUnresolved(plan);
}

/** Reads the key before anything starts; gives what signs a plan's text. */
async function signer(path: string, signal: AbortSignal): Promise<(plan: string) => string> {
  const { readSigningKey, signPlan } = await import("../../signature/plan-signature.ts");
  const key = await readSigningKey(path, signal);
  return (plan) => signPlan(plan, key);
}
