import { StoreError } from "../errors.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Manifest } from "./manifest.ts";
import { isForeignLayerMediaType } from "./media-types.ts";
import { verifyBytes } from "./verify.ts";

/**
 * What must be at a target before the manifest: config and layers of an image, the manifests of an index; each digest once, in the document's order.
 * The subject is none: a manifest may be pushed before it.
 */
export function childrenOf(manifest: Manifest): readonly Descriptor[] {
  const all = manifest.kind === "index" ? manifest.manifests : [manifest.config, ...manifest.layers];
  const seen = new Set<string>();
  return all.filter(({ digest }) => !seen.has(digest) && seen.add(digest));
}

/** Whether this is a foreign layer: one that is had from its `urls`, that registries need not hold, and that is never copied. Without `urls` it is a layer like others. */
export function isForeign(descriptor: Descriptor): boolean {
  return isForeignLayerMediaType(descriptor.mediaType) && (descriptor.urls?.length ?? 0) > 0;
}

/**
 * The content that the descriptor itself carries, verified; undefined where it carries none.
 * Spec: image-spec v1.1.1, "Embedded Content".
 * @throws {StoreError} MANIFEST_INVALID where `data` is no base64; SIZE_MISMATCH, DIGEST_MISMATCH where it is other content.
 */
export function inlineData(descriptor: Descriptor): Uint8Array | undefined {
  if (descriptor.data === undefined) return undefined;
  const decoded = Buffer.from(descriptor.data, "base64");
  // Buffer skips what it can't decode; only what encodes back to the same text was base64.
  if (decoded.toString("base64") !== descriptor.data) {
    throw new StoreError("MANIFEST_INVALID", `Cannot read "${descriptor.digest}": its inline data is no base64`);
  }
  const bytes = new Uint8Array(decoded);
  verifyBytes(bytes, descriptor);
  return bytes;
}
