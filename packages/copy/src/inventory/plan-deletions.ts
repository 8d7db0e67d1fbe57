import type { Digest } from "@tranship/core";
import type { Deletion } from "./deletion.ts";
import { deletionWaves } from "./deletion-waves.ts";
import type { Inventory, InventoryManifest } from "./inventory.ts";
import { Relations, reach } from "./relations.ts";

/** What is wanted of single manifests, whatever belongs to what. */
export interface Wanted<Reason extends string> {
  /** What is to go, and why. */
  readonly doomed: ReadonlyMap<Digest, Reason>;
  /** Whether the manifest stays in any case. */
  readonly isKept: (digest: Digest) => boolean;
  /** Whether what is locked goes too. Default: it stays, and what it needs. */
  readonly unlock?: boolean | undefined;
}

/** What goes, and what stays. */
export interface PlannedDeletions<Reason extends string> {
  /** In the order of deletion: whoever is in one wave waits for all of the one before. An index goes before what it lists, a subject before its referrers. */
  readonly waves: readonly (readonly Deletion<Reason>[])[];
  /** What stays, locked or not, with what needs it; undefined where nothing does and it stays of its own. */
  readonly staying: ReadonlyMap<Digest, Digest | undefined>;
  /** What would go if it were not locked. */
  readonly locked: readonly InventoryManifest[];
}

/**
 * Decides what goes. What stays takes with it what it lists, what is about it (referrers, digest tags) and its subject, and so on; all of the rest that a deleted one has
 * goes along. Planning again after the deletions finds nothing more to delete.
 */
export function planDeletions<Reason extends string>(
  inventory: Inventory,
  { doomed, isKept, unlock = false }: Wanted<Reason>,
  relations: Relations = new Relations(inventory),
): PlannedDeletions<Reason> {
  const going = reach(doomed.keys(), (digest) => relations.followers(digest));
  const held = (digest: Digest): readonly Digest[] => relations.held(digest);
  const pinned = inventory.map(({ digest }) => digest).filter((digest) => isKept(digest) || !going.has(digest));
  const unlocked = reach(pinned, held);
  const locked = inventory.filter(({ digest, locks }) => !unlock && locks.length > 0 && !unlocked.has(digest));
  const staying = reach([...pinned, ...locked.map(({ digest }) => digest)], held);
  const deletions = inventory
    .filter(({ digest }) => !staying.has(digest))
    .map((manifest) => deletionOf(manifest, doomed, going));
  return { waves: deletionWaves(deletions, relations), staying, locked };
}

function deletionOf<Reason extends string>(
  manifest: InventoryManifest,
  doomed: ReadonlyMap<Digest, Reason>,
  going: ReadonlyMap<Digest, Digest | undefined>,
): Deletion<Reason> {
  const reason = doomed.get(manifest.digest);
  if (reason !== undefined) return { manifest, reason };
  return { manifest, reason: "follows", of: going.get(manifest.digest) };
}
