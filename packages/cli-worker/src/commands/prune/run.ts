import process from "node:process";
import { compileGlob, type DeletionOutcome, executeDeletions, type Inventory, type OnBrokenTags } from "@tranship/copy";
import { subjectOfTag } from "@tranship/core";
import { parseAge } from "../../arguments/age.ts";
import type { OneSideFlags, TrafficFlags } from "../../arguments/options.ts";
import { SomeFailed } from "../../errors/some-failed.ts";
import { readingInput, UsageError } from "../../errors/usage-error.ts";
import { formatLocation, formatPlace, type Location, referenceOf } from "../../locations/location.ts";
import { hostsOf, readLocation } from "../../locations/open-location.ts";
import { isAzure } from "../../registries/is-azure.ts";
import { Registries } from "../../registries/registries.ts";
import type { BrokenTagsFlags } from "../../results/broken-tags.ts";
import { firstNames } from "../../terminal/first-names.ts";
import { oneLine } from "../../terminal/one-line.ts";
import { print, printJson } from "../../terminal/output.ts";
import { printWarning } from "../../terminal/warning.ts";
import { keepByRules, planPrune } from "./plan-prune.ts";
import { pruneJson } from "./prune-json.ts";
import type { PruneRules } from "./prune-rules.ts";
import { openPruneTarget, type PruneTarget } from "./prune-target.ts";
import { renderKept, renderPrunePlan, renderPruneSummary } from "./render-prune.ts";

/** Tags that a warning names at most. */
const SHOWN = 10;

export interface PruneFlags extends OneSideFlags, BrokenTagsFlags, Pick<TrafficFlags, "maxWait" | "maxTotalWait"> {
  readonly keep?: number | undefined;
  readonly olderThan?: string | undefined;
  readonly match?: string | undefined;
  readonly untagged?: boolean | undefined;
  readonly unlock?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/**
 * Deletes the images of a repository or layout that the rules don't keep. Right before the
 * deletions the repository is looked at again: what has changed meanwhile stays.
 * @throws {UsageError} before anything starts.
 * @throws {StoreError} where not all could be read that must be known: nothing is deleted then.
 * @throws {SomeFailed} where not all could be deleted; an abort rejects with `signal.reason`.
 */
export async function pruneAction(text: string, flags: PruneFlags, signal: AbortSignal): Promise<void> {
  const location = await readLocation(text);
  const rules = await readRules(location, flags);
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const target = await openPruneTarget(location, registries, flags.creds);
  const onBrokenTags = flags.ignoreBrokenTags === true ? warnOfBrokenTags(target) : undefined;
  const inventory = await target.read({ signal, onBrokenTags });
  signal.throwIfAborted();
  const plan = planPrune(inventory, rules);
  const quiet = flags.quiet === true || flags.json === true;
  if (flags.quiet !== true && flags.match !== undefined && !matchesAny(inventory, rules)) {
    process.stderr.write(
      `tranship: notice: --match ${oneLine(JSON.stringify(flags.match))} matches no tag of ${target.name}\n`,
    );
  }
  if (!quiet) renderPrunePlan(plan, { olderThan: flags.olderThan }).forEach(print);
  const dryRun = flags.dryRun === true;
  const outcomes = dryRun
    ? plan.deletions.flat().map((deletion): DeletionOutcome => ({ deletion, outcome: "deleted" }))
    : await executeDeletions(plan.deletions, {
        inventory,
        look: async (before, deletedTags) =>
          keepByRules(await target.look(before, { signal, onBrokenTags, deletedTags }), rules),
        resolve: (reference) => target.resolve(reference, { signal }),
        remove: (one) => target.remove(one, { signal }),
        signal,
      });
  if (!quiet) renderKept(outcomes).forEach(print);
  if (flags.json === true) printJson(pruneJson(target.name, plan, outcomes, { dryRun }));
  else if (!quiet) print(renderPruneSummary(target.name, plan, outcomes, { dryRun }));
  const failures = outcomes.flatMap((one) => (one.outcome === "failed" ? [{ error: one.error }] : []));
  if (failures.length > 0) throw new SomeFailed(failures);
}

/** Each tag is named once, however often the repository is looked at. */
function warnOfBrokenTags({ name }: Pick<PruneTarget, "name">): OnBrokenTags {
  const named = new Set<string>();
  return (all) => {
    const tags = all.filter((tag) => !named.has(tag));
    for (const tag of tags) named.add(tag);
    if (tags.length === 0) return;
    printWarning(`${name}: listed without a manifest (404), and ignored: ${firstNames(tags, SHOWN)}`);
  };
}

async function readRules(location: Location, flags: PruneFlags): Promise<PruneRules> {
  const { keep, olderThan, match, untagged = false, unlock = false } = flags;
  if (referenceOf(location) !== undefined) {
    throw new UsageError(
      `prune is for a repository: write "${formatPlace(location)}" for "${formatLocation(location)}"`,
    );
  }
  if (keep === undefined && olderThan === undefined) {
    throw new UsageError("prune needs a rule: --keep N, --older-than AGE, or both");
  }
  const onAzure = location.kind === "registry" && isAzure(location.host);
  if (untagged && !onAzure) {
    throw new UsageError(
      `Bad --untagged: "${formatPlace(location)}" can't list what has no tag, only Azure Container Registry can`,
    );
  }
  if (unlock && !onAzure) {
    throw new UsageError(`Bad --unlock: "${formatPlace(location)}" has no locks, only Azure Container Registry has`);
  }
  const olderThanMs = olderThan === undefined ? undefined : await readingInput(() => parseAge(olderThan));
  if (olderThanMs === 0 && keep === undefined) {
    throw new UsageError(`Bad --older-than "${olderThan}": every image is older; say with --keep N how many stay`);
  }
  const isConsidered = match === undefined ? undefined : await globMatcher(match);
  return { keep, olderThanMs, isConsidered, untagged, unlock, nowMs: Date.now() };
}

async function globMatcher(glob: string): Promise<(tag: string) => boolean> {
  if (glob === "") throw new UsageError("Bad --match: the glob is empty");
  try {
    return compileGlob(glob);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Bad --match ${JSON.stringify(glob)}: ${detail}`, { cause: error });
  }
}

function matchesAny(inventory: Inventory, { isConsidered = () => true }: PruneRules): boolean {
  return inventory.some(({ tags }) => tags.some((tag) => subjectOfTag(tag) === undefined && isConsidered(tag)));
}
