import type { Digest } from "@tranship/core";
import type { InventoryManifest } from "./inventory.ts";

/** What is to be deleted. */
export interface Deletion {
  readonly manifest: InventoryManifest;
  /** It is too old, has no tag, or goes along with `of`. */
  readonly reason: "old" | "untagged" | "follows";
  readonly of?: Digest | undefined;
}
