import {
  type Deletion,
  type Inventory,
  type InventoryManifest,
  planDeletions,
  Relations,
  type SecondLook,
} from "@tranship/copy";
import type { Digest } from "@tranship/core";
import { type Choice, choose, type RuleReason } from "./choose.ts";
import type { PruneRules } from "./prune-rules.ts";

/** What stays. */
export interface Kept {
  readonly manifest: InventoryManifest;
  /** A rule keeps it; it belongs to what stays, or that needs it, `by`; or no rule is about it: it has no tag. */
  readonly reason: RuleReason | "needed" | "other";
  readonly by?: Digest | undefined;
}

export interface PrunePlan {
  /** In the order of deletion: whoever is in one wave waits for all of the one before. An index goes before what it lists, a subject before its referrers. */
  readonly deletions: readonly (readonly Deletion[])[];
  readonly kept: readonly Kept[];
  /** What would be deleted if it were not locked. */
  readonly locked: readonly InventoryManifest[];
}

/**
 * Decides by the rules what of a repository is deleted, with all that belongs to it alone. Planning again after the deletions finds nothing more to delete.
 */
export function planPrune(inventory: Inventory, rules: PruneRules): PrunePlan {
  const relations = new Relations(inventory);
  const { doomed, kept } = choose(inventory, relations, rules);
  const wanted = { doomed, isKept: (digest: Digest) => kept.has(digest), unlock: rules.unlock };
  const { waves, staying, locked } = planDeletions(inventory, wanted, relations);
  const stays = inventory.filter((manifest) => staying.has(manifest.digest) && !locked.includes(manifest));
  const neededBy = (manifest: InventoryManifest): Digest | undefined =>
    staying.get(manifest.digest) ?? relations.owners(manifest).find((owner) => staying.has(owner));
  return { deletions: waves, kept: stays.map((manifest) => keptAs(manifest, kept, neededBy)), locked };
}

const KEPT_NOW: Readonly<Record<RuleReason, string>> = {
  newest: "it is one of the newest now",
  young: "it is not old enough",
  undated: "its age is unknown",
  unmatched: "it has a tag that does not match now",
};

/**
 * Applies the rules to a second look too: where a newer image is gone, an older one takes its
 * place.
 */
export function keepByRules({ inventory, changed }: SecondLook, rules: PruneRules): SecondLook {
  const { kept } = choose(inventory, new Relations(inventory), rules);
  const whys = [...kept].map(([digest, reason]) => [digest, KEPT_NOW[reason]] as const);
  return { inventory, changed: new Map([...whys, ...changed]) };
}

function keptAs(
  manifest: InventoryManifest,
  kept: Choice["kept"],
  neededBy: (manifest: InventoryManifest) => Digest | undefined,
): Kept {
  const reason = kept.get(manifest.digest);
  if (reason !== undefined) return { manifest, reason };
  const by = neededBy(manifest);
  return by === undefined ? { manifest, reason: "other" } : { manifest, reason: "needed", by };
}
