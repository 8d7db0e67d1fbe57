import type { Descriptor } from "../content/descriptor.ts";
import { MAX_MANIFEST_BYTES, type Manifest } from "../content/manifest.ts";
import { isManifestMediaType } from "../content/media-types.ts";
import { StoreError } from "../errors/errors.ts";
import { quoted } from "../text/quoted.ts";

/** What a store says of content that it has not got. @param store what messages call it. */
export function contentUnknown(descriptor: Descriptor, store: string): StoreError {
  const isManifest = isManifestMediaType(descriptor.mediaType);
  return new StoreError(
    isManifest ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN",
    `Cannot read ${isManifest ? "manifest" : "blob"} "${descriptor.digest}" from "${store}": it is not there`,
  );
}

/** Checks an offset. The content's size is one: nothing is left then. @throws {RangeError} for others outside the content. */
export function checkOffset(offset: number, descriptor: Descriptor): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && offset <= descriptor.size) return;
  throw new RangeError(`Bad offset ${offset}: "${descriptor.digest}" has ${descriptor.size} bytes`);
}

/** @throws {StoreError} MANIFEST_TOO_LARGE before anything of it is read. */
export function checkManifestSize(descriptor: Descriptor): void {
  if (descriptor.size <= MAX_MANIFEST_BYTES) return;
  throw new StoreError(
    "MANIFEST_TOO_LARGE",
    `Cannot read manifest "${descriptor.digest}": it has ${descriptor.size} bytes, at most ${MAX_MANIFEST_BYTES} are read`,
  );
}

/** @throws {StoreError} MANIFEST_UNSUPPORTED for what can't be under a tag: a blob, or a document that no current registry takes. */
export function checkTaggable(descriptor: Descriptor, tag: string): void {
  if (isManifestMediaType(descriptor.mediaType)) return;
  throw new StoreError(
    "MANIFEST_UNSUPPORTED",
    `Cannot tag "${descriptor.digest}" as ${quoted(tag)}: ${quoted(descriptor.mediaType)} is no type of manifest that is known`,
  );
}

/**
 * A manifest as the list of its subject's referrers shows it. Spec: distribution-spec v1.1.1, "Listing Referrers".
 * The type is the manifest's own or else its config's; the annotations are the manifest's.
 */
export function asReferrer(descriptor: Descriptor, manifest: Manifest): Descriptor {
  const { mediaType, digest, size } = descriptor;
  const artifactType = artifactTypeOf(manifest);
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
}

/** The type of an artifact: what the manifest states, else the type of its config; undefined where neither says it. */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  if (manifest.artifactType !== undefined || manifest.kind === "index") return manifest.artifactType;
  return manifest.config?.mediaType === "" ? undefined : manifest.config?.mediaType;
}
