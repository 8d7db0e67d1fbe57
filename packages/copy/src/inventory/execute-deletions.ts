import type { Digest } from "@tranship/core";
import { atOnce } from "../at-once.ts";
import type { Deletion } from "./deletion.ts";
import type { Inventory, InventoryManifest } from "./inventory.ts";
import { Relations, reach } from "./relations.ts";

/** How one deletion went. `left`: not tried, since `because`, which could not be deleted, needs it. */
export type DeletionOutcome<Reason extends string = string> =
  | { readonly deletion: Deletion<Reason>; readonly outcome: "deleted" }
  | { readonly deletion: Deletion<Reason>; readonly outcome: "failed"; readonly error: unknown }
  | { readonly deletion: Deletion<Reason>; readonly outcome: "left"; readonly because: Digest };

/** What is there, and how it is deleted. */
export interface ExecuteDeletionsOptions {
  readonly inventory: Inventory;
  /** Deletes a manifest with its tags. */
  readonly remove: (manifest: InventoryManifest) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Deletes what is planned, wave by wave, some at once. Where one can't be deleted, what it lists and what is about it stays with it, and the rest is done.
 * @throws `signal.reason` when aborted, after those under way have ended.
 */
export async function executeDeletions<Reason extends string>(
  waves: readonly (readonly Deletion<Reason>[])[],
  { inventory, remove, signal }: ExecuteDeletionsOptions,
): Promise<readonly DeletionOutcome<Reason>[]> {
  const relations = new Relations(inventory);
  const outcomes: DeletionOutcome<Reason>[] = [];
  /** What stays after all, with the failure that it stays for. */
  const staying = new Map<Digest, Digest>();
  for (const wave of waves) {
    const done = await atOnce(wave, async (deletion): Promise<DeletionOutcome<Reason>> => {
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
