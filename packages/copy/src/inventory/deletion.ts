import type { Digest } from "@tranship/core";
import type { InventoryManifest } from "./inventory.ts";

/** A manifest that is to be deleted, with its tags. `Reason`: why; or it `follows`, which is to say that it goes along with `of`. */
export interface Deletion<Reason extends string = string> {
  readonly manifest: InventoryManifest;
  readonly reason: Reason | "follows";
  readonly of?: Digest | undefined;
}
