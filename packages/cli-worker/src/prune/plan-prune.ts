import type { Digest } from "@tranship/core";
import { type Choice, choose, type RuleReason } from "./choose.ts";
import type { Deletion } from "./deletion.ts";
import { deletionWaves } from "./deletion-waves.ts";
import type { Inventory, InventoryManifest } from "./inventory.ts";
import type { PruneRules } from "./prune-rules.ts";
import { Relations, reach } from "./relations.ts";

/** What stays. */
export interface Kept {
  readonly manifest: InventoryManifest;
  /** A rule keeps it; what stays needs it, `by`; or no rule is about it: it has no tag, or belongs to something that is not known. */
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
 * Decides what of a repository is deleted. What stays takes with it what it lists, what is about it (referrers, digest tags) and its subject, and so on; all of the
 * rest that a deleted one has goes along. Planning again after the deletions finds nothing more to delete.
 */
export function planPrune(inventory: Inventory, rules: PruneRules): PrunePlan {
  const relations = new Relations(inventory);
  const { doomed, kept } = choose(inventory, relations, rules);
  const going = reach(doomed.keys(), (digest) => relations.followers(digest));
  const held = (digest: Digest): readonly Digest[] => relations.held(digest);
  const pinned = inventory.map(({ digest }) => digest).filter((digest) => kept.has(digest) || !going.has(digest));
  const unlocked = reach(pinned, held);
  const isLocked = ({ digest, locks }: InventoryManifest): boolean =>
    !rules.unlock && locks.length > 0 && !unlocked.has(digest);
  const locked = inventory.filter(isLocked);
  const staying = reach([...pinned, ...locked.map(({ digest }) => digest)], held);
  const deletions = inventory
    .filter(({ digest }) => !staying.has(digest))
    .map((manifest) => deletionOf(manifest, doomed, going));
  return {
    deletions: deletionWaves(deletions, relations),
    kept: inventory
      .filter((manifest) => staying.has(manifest.digest) && !isLocked(manifest))
      .map((manifest) => keptAs(manifest, kept, staying)),
    locked,
  };
}

function deletionOf(
  manifest: InventoryManifest,
  doomed: Choice["doomed"],
  going: ReadonlyMap<Digest, Digest | undefined>,
): Deletion {
  const reason = doomed.get(manifest.digest);
  if (reason !== undefined) return { manifest, reason };
  return { manifest, reason: "follows", of: going.get(manifest.digest) };
}

function keptAs(
  manifest: InventoryManifest,
  kept: Choice["kept"],
  staying: ReadonlyMap<Digest, Digest | undefined>,
): Kept {
  const reason = kept.get(manifest.digest);
  if (reason !== undefined) return { manifest, reason };
  const by = staying.get(manifest.digest);
  return by === undefined ? { manifest, reason: "other" } : { manifest, reason: "needed", by };
}
