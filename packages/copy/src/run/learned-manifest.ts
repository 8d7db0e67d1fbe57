import { type Descriptor, type Manifest, UNKNOWN_SIZE } from "@tranship/core";

/** What a source is asked for, of an entry that does not state it. */
export interface Unstated {
  /** Bytes of a blob. */
  readonly size: (blob: Descriptor) => Promise<number>;
  /** What an entry of an index is, if it is a manifest. */
  readonly manifest: (entry: Descriptor) => Promise<Descriptor | undefined>;
}

/**
 * The manifest with what its entries do not state, as the source has it: sizes of blobs, types of the manifests of
 * an index. The size of a manifest need not be known: its digest decides.
 * Requests: 1 for each such entry. @throws what the source throws.
 */
export async function learned(manifest: Manifest, unstated: Unstated): Promise<Manifest> {
  if (manifest.kind === "index") {
    if (manifest.manifests.every(({ mediaType }) => mediaType !== "")) return manifest;
    const learn = async (entry: Descriptor): Promise<Descriptor> =>
      entry.mediaType === "" ? { ...entry, ...(await unstated.manifest(entry)) } : entry;
    return { ...manifest, manifests: await Promise.all(manifest.manifests.map(learn)) };
  }
  const { config, layers } = manifest;
  if (![config, ...layers].some((blob) => blob?.size === UNKNOWN_SIZE)) return manifest;
  const learn = async (blob: Descriptor): Promise<Descriptor> =>
    blob.size === UNKNOWN_SIZE ? { ...blob, size: await unstated.size(blob) } : blob;
  return {
    ...manifest,
    layers: await Promise.all(layers.map(learn)),
    ...(config === undefined ? {} : { config: await learn(config) }),
  };
}
