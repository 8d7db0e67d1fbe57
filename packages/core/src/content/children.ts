import type { Digest } from "../digest/digest.ts";
import { StoreError } from "../errors/errors.ts";
import type { Descriptor } from "./descriptor.ts";
import type { ImageManifest, Manifest } from "./manifest.ts";
import { isForeignLayerMediaType, isManifestMediaType } from "./media-types.ts";
import { verifyBytes } from "./verify.ts";

/**
 * What must be at a target before the manifest: config and layers of an image, the manifests of an index; each content once, in the document's order.
 * The subject is none: a manifest may be pushed before it.
 *
 * A digest can be listed as a blob and as a manifest, which a registry keeps apart: both are given. One that is listed as a foreign layer and as another one is
 * no foreign layer.
 */
export function childrenOf(manifest: Manifest): readonly Descriptor[] {
  const all = manifest.kind === "index" ? manifest.manifests : blobsOf(manifest);
  const children = new Map<string, Descriptor>();
  for (const child of all) {
    const key = contentKey(child);
    const known = children.get(key);
    // Setting a key that is there keeps its place in the order.
    if (known === undefined || (isForeign(known) && !isForeign(child))) children.set(key, child);
  }
  return [...children.values()];
}

/** The config and the layers of an image, as it lists them: one may be there twice. */
export function blobsOf({ config, layers }: ImageManifest): readonly Descriptor[] {
  return config === undefined ? layers : [config, ...layers];
}

/** Tells content of a registry apart: a digest may be there as a blob, as a manifest, or as both. */
export function contentKey({ mediaType, digest }: Pick<Descriptor, "mediaType" | "digest">): ContentKey {
  return `${isManifestMediaType(mediaType) ? "manifest" : "blob"} ${digest}`;
}

/** What `contentKey` gives. */
export type ContentKey = `${"blob" | "manifest"} ${Digest}`;

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
