import { type Digest, IncompleteListError, OCI_MANIFEST, StoreError } from "@tranship/core";
import { failureRecord } from "../../failure-record.ts";
import { type DeletionOutcome, executeDeletions } from "../../inventory/execute-deletions.ts";
import type { Inventory, InventoryManifest } from "../../inventory/inventory.ts";
import { planDeletions } from "../../inventory/plan-deletions.ts";
import { readInventory } from "../../inventory/read-inventory.ts";
import { isReadable, type SyncStore } from "../sync-job.ts";
import type { PlannedImage } from "../sync-plan.ts";
import { type DeletionCall, type DeletionResult, type DeletionResults, movedResult } from "./deletion-result.ts";

/**
 * Deletes tags where a registry deletes whole manifests (distribution 2.8): one goes with all of its tags, if each of them is to go and nothing that stays needs it. What
 * no tag of the plan stands for is not deleted.
 * Requests: those of `readInventory`, where each tag is asked for once more, since whoever has moved it meanwhile would lose it; and 1 DELETE for each manifest.
 */
export async function deleteByDigest(
  target: SyncStore,
  images: readonly PlannedImage[],
  options: DeletionCall,
  results: DeletionResults,
): Promise<void> {
  const { call, ignoreBrokenTags } = options;
  const keepAll = (why: string): void => {
    for (const image of images) results.set(image, { outcome: "kept", why });
  };
  if (!isReadable(target) || target.delete === undefined) return keepAll("tags can't be deleted there");
  let inventory: Inventory;
  const broken = new Set<string>();
  const onBrokenTags = (tags: readonly string[]): void => tags.forEach((tag) => void broken.add(tag));
  try {
    const how = { children: "unlabelled", ...(ignoreBrokenTags === true && { onBrokenTags }) } as const;
    inventory = await readInventory(target, { ...call, ...how });
  } catch (error) {
    call.signal.throwIfAborted();
    // The list does not show all that may need them.
    if (error instanceof IncompleteListError || (error instanceof StoreError && error.code === "BROKEN_TAG")) {
      for (const image of images) results.fail(image, error);
      return;
    }
    return keepAll(
      `tags can't be deleted alone there, and what else needs them can't be read: ${failureRecord(error).message}`,
    );
  }
  const manifests = new Map(inventory.flatMap((manifest) => manifest.tags.map((tag) => [tag, manifest])));
  for (const image of images) {
    const now = manifests.get(image.targetTag)?.digest;
    if (broken.has(image.targetTag)) results.set(image, { outcome: "kept", why: NO_MANIFEST });
    else if (now === undefined) results.set(image, { outcome: "deleted" });
    else if (now !== image.there) results.set(image, movedResult(image, now));
  }
  const open = images.filter((image) => !results.has(image));
  const going = new Set(open.map(({ targetTag }) => targetTag));
  const doomed = inventory.filter(({ tags }) => tags.some((tag) => going.has(tag)));
  const pinned = new Set(
    inventory.filter(({ tags }) => tags.some((tag) => !going.has(tag))).map(({ digest }) => digest),
  );
  const { waves, staying } = planDeletions(inventory, {
    doomed: new Map(doomed.map(({ digest }) => [digest, "planned"])),
    isKept: (digest) => pinned.has(digest),
  });
  // What goes along with them has no tag, and is left to the registry.
  const own = waves.map((wave) => wave.filter(({ reason }) => reason === "planned"));
  const outcomes = await executeDeletions(own, { inventory, remove: remover(target, options), signal: call.signal });
  const byDigest = new Map(outcomes.map((outcome) => [outcome.deletion.manifest.digest, outcome]));
  for (const image of open) {
    const manifest = manifests.get(image.targetTag);
    if (manifest === undefined) continue;
    const outcome = byDigest.get(manifest.digest);
    if (outcome === undefined) results.set(image, needed(manifest, { inventory, staying, going }));
    else if (outcome.outcome === "failed") results.fail(image, outcome.error);
    else results.set(image, resultOf(outcome));
  }
}

const NO_MANIFEST = "the registry deletes by digest only, and the tag has no manifest (404)";

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
  return { outcome: "kept", why: `${outcome.because}, which could not be deleted, needs it` };
}

/** Why a manifest stays, and its tags with it. */
function needed(
  { digest, tags }: InventoryManifest,
  {
    inventory,
    staying,
    going,
  }: {
    readonly inventory: Inventory;
    readonly staying: ReadonlyMap<Digest, Digest | undefined>;
    readonly going: ReadonlySet<string>;
  },
): DeletionResult {
  const other = tags.find((tag) => !going.has(tag));
  const by = staying.get(digest);
  const holder = inventory.find((manifest) => manifest.digest === by);
  const name = holder?.tags[0] === undefined ? by : `"${holder.tags[0]}"`;
  const why = other === undefined ? `${name} needs its digest` : `"${other}" has the same digest`;
  return { outcome: "kept", why: `the registry deletes by digest only, and ${why}` };
}
