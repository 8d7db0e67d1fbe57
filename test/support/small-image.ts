import { type Descriptor, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, parsePlatform, type Target } from "@tranship/core";
import { contentOf, openBytes, sampleArtifact, sampleImage, seed } from "./sample-image.ts";

/** An image that was put into a store, by its descriptors. */
export interface BuiltImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Config and layers. */
  readonly blobs: readonly Descriptor[];
  /** The manifest's fields, to make others from. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** Puts an image with a small layer for each word; the same word is the same layer, whatever the image. */
export async function buildImage(store: Target, platform: string, words: readonly string[]): Promise<BuiltImage> {
  const layers = words.map((word) => ({ seed: word, size: word.length, kind: "plain" as const }));
  const sample = sampleImage({ platform: parsePlatform(platform), layers });
  await seed(store, sample);
  const document = JSON.parse(Buffer.from(sample.root.bytes).toString());
  return {
    manifest: { ...sample.root.descriptor, platform: parsePlatform(platform) },
    config: document.config,
    layers: document.layers,
    blobs: [document.config, ...document.layers],
    document,
  };
}

/** Puts an index of images that are there. */
export function buildIndex(store: Target, images: readonly BuiltImage[], tag?: string): Promise<Descriptor> {
  const manifests = images.map(({ manifest }) => manifest);
  return putManifest(store, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, tag);
}

/** Puts an artifact about a subject. */
export function buildArtifact(store: Target, artifactType: string, subject: Descriptor): Promise<Descriptor> {
  return seed(store, sampleArtifact({ subject, artifactType, seed: `${artifactType} of ${subject.digest}` }));
}

/** Puts a blob of these bytes. */
export async function putBlob(store: Target, bytes: Uint8Array, mediaType: string = OCI_LAYER): Promise<Descriptor> {
  const { descriptor } = contentOf(mediaType, bytes);
  await store.push(descriptor, openBytes(bytes));
  return descriptor;
}

/** Puts a manifest that is written like this. */
export async function putManifest(
  store: Target,
  document: Readonly<Record<string, unknown>>,
  tag?: string,
): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(document));
  const mediaType = typeof document["mediaType"] === "string" ? document["mediaType"] : OCI_MANIFEST;
  const { descriptor } = contentOf(mediaType, bytes);
  await store.push(descriptor, openBytes(bytes), { reference: tag });
  return descriptor;
}
