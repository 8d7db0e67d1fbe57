import { type Descriptor, StoreError } from "@tranship/core";
import { CopyError } from "../events/errors.ts";

/** An index that was to be put whole, and what the registry said to that. */
export interface SparseRefusal {
  readonly descriptor: Descriptor;
  /** What was chosen of it. */
  readonly platforms: readonly string[];
  readonly store: string;
  readonly cause: unknown;
}

/**
 * The error of a registry that takes no index of which something is missing: distribution 3.1 unless `validation.manifests.indexes.platforms` says otherwise, distribution 2.8, zot,
 * go-containerregistry's.
 */
export function sparseRefused({ descriptor, platforms, store, cause }: SparseRefusal): CopyError {
  const code = cause instanceof CopyError ? cause.code : "MANIFEST_INVALID";
  const choice = platforms.join(", ");
  const message = `Cannot push index "${descriptor.digest}" to "${store}": the registry takes none of which only ${choice} is there (${code}); without "sparse" the index is rewritten to what is chosen`;
  return new CopyError({
    side: "target",
    operation: "push",
    store,
    descriptor,
    cause: new StoreError(code, message, { cause }),
  });
}
