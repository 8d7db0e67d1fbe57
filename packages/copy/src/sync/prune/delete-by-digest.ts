import { OCI_MANIFEST, StoreError } from "@tranship/core";
import { type DeletionOutcome, executeDeletions } from "../../inventory/execute-deletions.ts";
import type { Inventory, InventoryManifest } from "../../inventory/inventory.ts";
import { lookAgain, resolveKnown } from "../../inventory/look-again.ts";
import { type PlannedDeletions, planDeletions } from "../../inventory/plan-deletions.ts";
import { readInventory } from "../../inventory/read-inventory.ts";
import type { PlannedImage } from "../file/sync-plan.ts";
import { isReadable, type ReadableStore, type SyncStore } from "../sync-job.ts";
import {
  brokenTagsOption,
  type DeletionCall,
  type DeletionOptions,
  type DeletionResult,
  type DeletionResults,
  movedResult,
} from "./deletion-result.ts";

/**
 * Deletes tags where a registry deletes whole manifests (distribution 2.8): one goes with all of
 * its tags, if each of them is to go and nothing that stays needs it. What no tag of the plan
 * stands for is not deleted.
 * Requests: those of `readInventory`, where each tag is read once more; then, before each wave of
 * deletions, those of `lookAgain`; 1 HEAD for each tag that goes, and 1 DELETE for each manifest.
 */
export async function deleteByDigest(
  target: SyncStore,
  images: readonly PlannedImage[],
  options: DeletionOptions,
  results: DeletionResults,
): Promise<void> {
  const { call } = options;
  if (!isReadable(target) || target.delete === undefined) return results.keep(images, "tags can't be deleted there");
  let plan: ManifestPlan;
  let outcomes: readonly DeletionOutcome[];
  try {
    const broken = new Set<string>();
    const onBrokenTags = (tags: readonly string[]): void => tags.forEach((tag) => void broken.add(tag));
    const how = { ...CONTENT, ...(options.ignoreBrokenTags === true && { onBrokenTags }) };
    const inventory = await readInventory(target, { ...call, ...how });
    results.keep(
      images.filter(({ targetTag }) => broken.has(targetTag)),
      NO_MANIFEST,
    );
    const readable = images.filter((image) => !results.has(image));
    plan = planManifests(inventory, readable, options, results);
    outcomes = await deleteManifests(target, plan, options);
  } catch (error) {
    call.signal.throwIfAborted();
    const open = images.filter((image) => !results.has(image));
    return results.keepUnread(open, "tags can't be deleted alone there, and what else needs them can't be read", error);
  }
  const byDigest = new Map(outcomes.map((outcome) => [outcome.deletion.manifest.digest, outcome]));
  for (const [image, manifest] of plan.open) {
    const outcome = byDigest.get(manifest.digest);
    if (outcome === undefined) results.set(image, needed(manifest, plan));
    else if (outcome.outcome === "failed") results.fail(image, outcome.error);
    else results.set(image, resultOf(outcome));
  }
}

/** What of a target's manifests goes. */
interface ManifestPlan {
  readonly inventory: Inventory;
  readonly waves: PlannedDeletions<string>["waves"];
  readonly staying: PlannedDeletions<string>["staying"];
  /** Tags that go. */
  readonly going: ReadonlySet<string>;
  /** The images that still point to what was planned, with their manifests. */
  readonly open: ReadonlyMap<PlannedImage, InventoryManifest>;
}

function planManifests(
  inventory: Inventory,
  images: readonly PlannedImage[],
  options: DeletionOptions,
  results: DeletionResults,
): ManifestPlan {
  const manifests = new Map(inventory.flatMap((manifest) => manifest.tags.map((tag) => [tag, manifest])));
  const open = new Map<PlannedImage, InventoryManifest>();
  for (const image of images) {
    const manifest = manifests.get(image.targetTag);
    if (manifest === undefined) results.set(image, { outcome: "unchanged" });
    else if (manifest.digest !== image.there) results.set(image, movedResult(image, manifest.digest, options));
    else open.set(image, manifest);
  }
  const going = new Set([...open.keys()].map(({ targetTag }) => targetTag));
  const pinned = new Set(
    inventory.filter(({ tags }) => tags.some((tag) => !going.has(tag))).map(({ digest }) => digest),
  );
  const { waves, staying } = planDeletions(inventory, {
    doomed: new Map([...open.values()].map(({ digest }) => [digest, PLANNED])),
    isKept: (digest) => pinned.has(digest),
  });
  return { inventory, waves, staying, going, open };
}

const PLANNED = "planned";
/** How much of a target is read. */
const CONTENT = { children: "unlabelled" } as const;
const NO_MANIFEST = "the registry deletes by digest only, and the tag has no manifest (404)";

/** What goes along with the planned manifests has no tag, and is left to the registry. */
async function deleteManifests(
  target: ReadableStore,
  { inventory, waves }: ManifestPlan,
  options: DeletionOptions,
): Promise<readonly DeletionOutcome[]> {
  const { call } = options;
  const remove = remover(target, options);
  const planned = new Set(
    waves.flat().flatMap(({ reason, manifest }) => (reason === PLANNED ? [manifest.digest] : [])),
  );
  let left = planned.size;
  const outcomes = await executeDeletions(waves, {
    inventory,
    look: async (before, deletedTags) =>
      left === 0
        ? { inventory: before, changed: new Map() }
        : lookAgain(target, before, { ...call, ...CONTENT, ...brokenTagsOption(options), deletedTags }),
    resolve: (reference) => resolveKnown(target, reference, call),
    remove: async (manifest) => {
      if (!planned.has(manifest.digest)) return;
      left -= 1;
      await remove(manifest);
    },
    signal: call.signal,
  });
  return outcomes.filter(({ deletion }) => planned.has(deletion.manifest.digest));
}

function remover(
  target: SyncStore,
  { run, call }: DeletionCall,
): (manifest: Pick<InventoryManifest, "digest">) => Promise<void> {
  return async ({ digest }) => {
    try {
      await run.requestSlots(target)(() => target.delete?.({ mediaType: OCI_MANIFEST, digest, size: 0 }, call));
    } catch (error) {
      // Some registries delete referrers with their subject.
      if (!(error instanceof StoreError) || error.code !== "MANIFEST_UNKNOWN") throw error;
    }
  };
}

function resultOf(outcome: Exclude<DeletionOutcome, { readonly outcome: "failed" }>): DeletionResult {
  if (outcome.outcome === "deleted") return { outcome: "deleted" };
  if (outcome.outcome === "kept") return { outcome: "kept", why: outcome.why };
  return { outcome: "kept", why: `${outcome.because}, which could not be deleted, needs it` };
}

/** Why a manifest stays, and its tags with it. */
function needed({ digest, tags }: InventoryManifest, { inventory, staying, going }: ManifestPlan): DeletionResult {
  const other = tags.find((tag) => !going.has(tag));
  const by = staying.get(digest);
  const holder = inventory.find((manifest) => manifest.digest === by);
  const name = holder?.tags[0] === undefined ? by : `"${holder.tags[0]}"`;
  const why = other === undefined ? `${name} needs its digest` : `"${other}" has the same digest`;
  return { outcome: "kept", why: `the registry deletes by digest only, and ${why}` };
}
