import { applyPlan, type SyncPlan } from "@tranship/copy";
import { readingInput } from "../../errors/usage-error.ts";
import { parseLocation } from "../../locations/location.ts";
import { hostsOf } from "../../locations/open-location.ts";
import { readMirrorFile } from "../../mirror/file/read-mirror-file.ts";
import type { MirrorFile } from "../../mirror/mirror-file.ts";
import type { HostRules } from "../../registries/host-rules.ts";
import { MirroredSources } from "../../registries/mirrored-sources.ts";
import { Registries } from "../../registries/registries.ts";
import { reportFiles } from "../../report/report-file.ts";
import type { BrokenTagsFlags } from "../../results/broken-tags.ts";
import { throwFailures } from "../../results/render-result.ts";
import { openRunState } from "../../state/open-state.ts";
import type { RunFlags } from "../../sync/mirror-flags.ts";
import { checkPlanBounds } from "../../sync/plan-bounds.ts";
import { readPlanFile } from "../../sync/plan-file.ts";
import { RegistryStores } from "../../sync/registry-stores.ts";
import { runSync } from "../../sync/run-sync.ts";

export interface ApplyFlags extends RunFlags, BrokenTagsFlags {
  /** A mirror file: what it says of its hosts, and what a plan may do. */
  readonly file?: string | undefined;
  /** A file of public keys: the plan is signed by one of them. */
  readonly verifyKey?: string | undefined;
  readonly allowTargetMoved?: boolean | undefined;
}

/**
 * Does what a plan's file says, and exactly that.
 * @throws {UsageError} before anything starts. @throws {SomeFailed} where not all was done; an abort rejects with `signal.reason`.
 */
export async function applyAction(path: string, flags: ApplyFlags, signal: AbortSignal): Promise<void> {
  const files = await reportFiles(flags.report);
  const read = await readPlanFile(path, { signal, verifyKey: flags.verifyKey });
  const file = flags.file === undefined ? undefined : (await readMirrorFile(flags.file, { signal })).file;
  if (file !== undefined) checkPlanBounds(path, read, file);
  const plan = file === undefined ? read : ownedBy(file, read);
  const names = new Set(plan.images.flatMap(({ from, to }) => [from, to]));
  const locations = await readingInput(() => [...names].map(parseLocation));
  const rules: ReadonlyMap<string, HostRules> = file?.hosts ?? new Map();
  const hosts = MirroredSources.hostsOf(hostsOf(locations), rules);
  await using state = openRunState(flags);
  await using registries = await Registries.create(flags, { hosts, rules, journal: state.journal });
  const stores = new RegistryStores(registries, rules);
  const { allowTargetMoved, ignoreBrokenTags } = flags;
  const work = (options: object) => applyPlan(plan, stores, { ...options, allowTargetMoved, ignoreBrokenTags });
  const result = await runSync(flags, signal, work, {
    expectedBytes: bytesOf(plan),
    state,
    reports: { command: "apply", of: path, files },
  });
  throwFailures(result);
}

/** The plan with the tags that it writes recorded as the file's own, whatever the plan says: another file's could be pruned by that one. */
function ownedBy({ owner }: MirrorFile, { owner: _, ...plan }: SyncPlan): SyncPlan {
  return owner === undefined ? plan : { ...plan, owner };
}

/** What the plan moves at most; undefined where it does not know. */
function bytesOf({ images }: SyncPlan): number | undefined {
  const copies = images.filter(({ action }) => action === "copy");
  if (copies.some(({ content }) => content === undefined)) return undefined;
  return copies
    .flatMap(({ content }) => (content === undefined ? [] : [content]))
    .reduce(
      (sum, { manifests, copy, mount, skip }) => sum + manifests.bytes + copy.bytes + mount.bytes + skip.bytes,
      0,
    );
}
