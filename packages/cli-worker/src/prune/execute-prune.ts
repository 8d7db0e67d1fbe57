import type { Digest } from "@tranship/core";
import { atOnce } from "./at-once.ts";
import type { Deletion } from "./deletion.ts";
import type { Inventory, InventoryManifest } from "./inventory.ts";
import type { PrunePlan } from "./plan-prune.ts";
import { Relations, reach } from "./relations.ts";

/** How one deletion went. `left`: not tried, since `because`, which could not be deleted, needs it. */
export type DeletionOutcome =
  | { readonly deletion: Deletion; readonly outcome: "deleted" }
  | { readonly deletion: Deletion; readonly outcome: "failed"; readonly error: unknown }
  | { readonly deletion: Deletion; readonly outcome: "left"; readonly because: Digest };

export interface ExecutePruneOptions {
  readonly inventory: Inventory;
  readonly remove: (manifest: InventoryManifest) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Deletes what is planned, some at once. Where one can't be deleted, what it lists and what is about it stays with it, and the rest is done.
 * @throws `signal.reason` when aborted, after those under way have ended.
 */
export async function executePrune(
  { deletions }: Pick<PrunePlan, "deletions">,
  { inventory, remove, signal }: ExecutePruneOptions,
): Promise<readonly DeletionOutcome[]> {
  const relations = new Relations(inventory);
  const outcomes: DeletionOutcome[] = [];
  /** What stays after all, with the failure that it stays for. */
  const staying = new Map<Digest, Digest>();
  for (const wave of deletions) {
    const done = await atOnce(wave, async (deletion): Promise<DeletionOutcome> => {
      signal.throwIfAborted();
      const because = staying.get(deletion.manifest.digest);
      if (because !== undefined) return { deletion, outcome: "left", because };
      try {
        await remove(deletion.manifest);
        return { deletion, outcome: "deleted" };
      } catch (error) {
        signal.throwIfAborted();
        return { deletion, outcome: "failed", error };
      }
    });
    outcomes.push(...done);
    for (const { deletion, outcome } of done) {
      if (outcome !== "failed") continue;
      const failed = deletion.manifest.digest;
      for (const digest of reach([failed], (at) => relations.held(at)).keys()) staying.set(digest, failed);
    }
  }
  return outcomes;
}
