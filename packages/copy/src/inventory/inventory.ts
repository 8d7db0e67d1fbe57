import type { Digest } from "@tranship/core";

/** What refuses the deletion of a manifest: a lock of its own, or of one of its tags. */
export type Lock = { readonly on: "manifest" } | { readonly on: "tag"; readonly tag: string };

/** What pruning has to know of one manifest. */
export interface InventoryManifest {
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** The manifests that it lists, where it is an index; whether the repository has them or not. */
  readonly children: readonly Digest[];
  /** What it refers to. */
  readonly subject?: Digest | undefined;
  /** How old it is; undefined where nothing says it. */
  readonly time?: Date | undefined;
  /** Only Azure Container Registry has locks. */
  readonly locks: readonly Lock[];
}

/** The manifests of a repository that are known, each digest once. */
export type Inventory = readonly InventoryManifest[];
