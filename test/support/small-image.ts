import {
  type Descriptor,
  digestOf,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
  parsePlatform,
  type Target,
} from "@tranship/core";

/** An image as it was put into a store. */
export interface BuiltImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Config and layers. */
  readonly blobs: readonly Descriptor[];
  /** The manifest's fields, to make others from. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** Puts an image whose layers are these words. */
export async function buildImage(store: Target, platform: string, layerTexts: readonly string[]): Promise<BuiltImage> {
  const { os, architecture, variant } = parsePlatform(platform);
  const layers: Descriptor[] = [];
  for (const text of layerTexts) layers.push(await putBlob(store, Buffer.from(text), OCI_LAYER));
  const rootfs = { type: "layers", diff_ids: layers.map(({ digest }) => digest) };
  const config = await putBlob(store, Buffer.from(JSON.stringify({ architecture, os, variant, rootfs })), OCI_CONFIG);
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers };
  const manifest = await putManifest(store, document);
  return {
    manifest: { ...manifest, platform: parsePlatform(platform) },
    config,
    layers,
    blobs: [config, ...layers],
    document,
  };
}

/** Puts an index of images. */
export function buildIndex(store: Target, images: readonly BuiltImage[], tag?: string): Promise<Descriptor> {
  const manifests = images.map(({ manifest }) => manifest);
  return putManifest(store, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, tag);
}

/** Puts an artifact about a subject. */
export async function buildArtifact(store: Target, artifactType: string, subject: Descriptor): Promise<Descriptor> {
  const empty = await putBlob(store, Buffer.from("{}"), OCI_EMPTY);
  const layer = await putBlob(store, Buffer.from(`${artifactType} of ${subject.digest}`), artifactType);
  const { mediaType, digest, size } = subject;
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType, config: empty, layers: [layer] };
  return putManifest(store, { ...document, subject: { mediaType, digest, size } });
}

export async function putBlob(store: Target, bytes: Uint8Array, mediaType: string = OCI_LAYER): Promise<Descriptor> {
  return put(store, { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes);
}

export async function putManifest(
  store: Target,
  document: Readonly<Record<string, unknown>>,
  tag?: string,
): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(document));
  const mediaType = typeof document["mediaType"] === "string" ? document["mediaType"] : OCI_MANIFEST;
  return put(store, { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes, tag);
}

async function put(store: Target, descriptor: Descriptor, bytes: Uint8Array, reference?: string): Promise<Descriptor> {
  await store.push(
    descriptor,
    async (offset) =>
      (async function* () {
        if (offset < bytes.length) yield bytes.subarray(offset);
      })(),
    { reference },
  );
  return descriptor;
}
