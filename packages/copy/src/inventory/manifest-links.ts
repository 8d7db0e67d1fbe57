import { type Descriptor, isManifestMediaType, type Manifest } from "@tranship/core";

/** The manifests that an index lists; an image has none. Also what it states no type of: that may be one. */
export function childManifests(manifest: Manifest): readonly Descriptor[] {
  if (manifest.kind !== "index") return [];
  return manifest.manifests.filter(({ mediaType }) => mediaType === "" || isManifestMediaType(mediaType));
}
