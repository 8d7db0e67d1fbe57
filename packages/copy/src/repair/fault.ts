import {
  type CallOptions,
  type Descriptor,
  type Digest,
  DigestMismatchError,
  hasSize,
  RegistryError,
  StoreError,
  type Target,
} from "@tranship/core";

/**
 * What is wrong with content at a target.
 * - corrupt: the bytes under the digest hash to `found`.
 * - size: the bytes are those of the digest; there are `foundSize` of them, and the manifest states another size.
 */
export type Fault =
  | { readonly problem: "missing" }
  | { readonly problem: "corrupt"; readonly found?: Digest | undefined }
  | { readonly problem: "size"; readonly foundSize: number };

const MISSING: ReadonlySet<string> = new Set(["MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NAME_UNKNOWN"]);

/** What a look that failed has shown: a fault; that content is `suspect`, which `confirmFault` finds out; undefined for a failure that tells nothing of it. */
export function faultIn(error: unknown): Fault | "suspect" | undefined {
  if (!(error instanceof StoreError)) return undefined;
  if (MISSING.has(error.code)) return { problem: "missing" };
  // The whole was read, and has the size that was expected.
  if (error instanceof DigestMismatchError) return { problem: "corrupt", found: error.actual };
  // The registry itself says it of a manifest that it has.
  if (error instanceof RegistryError && error.code === "MANIFEST_INVALID") return { problem: "corrupt" };
  return error.code === "SIZE_MISMATCH" ? "suspect" : undefined;
}

/**
 * Finds out by reading and hashing whether content that is suspected for its length is wrong: the length of a HEAD is what somebody says, and
 * the size in a manifest may be wrong. Undefined where it is as it should be. Requests: 1 GET.
 * @throws what the store throws where that cannot be found out.
 */
export async function confirmFault(
  store: Pick<Target, "name" | "readBack">,
  descriptor: Descriptor,
  call: CallOptions,
): Promise<Fault | undefined> {
  const { digest } = descriptor;
  if (store.readBack === undefined) {
    const detail = "its length differs, and this store cannot read it back";
    throw new StoreError("UNSUPPORTED", `Cannot verify "${digest}" of "${store.name}": ${detail}`);
  }
  const found = await store.readBack(descriptor, call);
  if (found.digest !== digest) return { problem: "corrupt", found: found.digest };
  return hasSize(descriptor, found.size) ? undefined : { problem: "size", foundSize: found.size };
}
