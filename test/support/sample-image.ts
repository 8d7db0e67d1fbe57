import { createCipheriv, createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Content, Descriptor, Digest, Open, Platform, Target } from "@tranship/core";

const OCI = "application/vnd.oci";
const MANIFEST = `${OCI}.image.manifest.v1+json`;
const INDEX = `${OCI}.image.index.v1+json`;
const TAR_BLOCK = 512;

/** Some content and everything below it. The same options give the same bytes. */
export interface Sample {
  /** The manifest or index at the top. */
  readonly root: Content;
  /** Every manifest, children before their parents, the root last. */
  readonly manifests: readonly Content[];
  /** Configs and layers, each digest once. */
  readonly blobs: readonly Content[];
}

export interface LayerOptions {
  /** What is in it; another seed gives other bytes. */
  readonly seed: string;
  /** Bytes of the file in the layer, or of the whole layer where it is plain. Default 16 KiB. They do not compress. */
  readonly size?: number;
  /** `tar.gz`, which real tools unpack, or bytes without a meaning. Default `tar.gz`. */
  readonly kind?: "tar.gz" | "plain";
}

export interface SampleImageOptions {
  /** Default `image`. */
  readonly seed?: string;
  /** Number of layers, or the layers themselves, to share some with another image. Default 2. */
  readonly layers?: number | readonly LayerOptions[];
  /** Bytes of each layer where `layers` is a number. Default 16 KiB. */
  readonly layerSize?: number;
  /** Default linux/amd64. */
  readonly platform?: Platform;
}

/** An image: a config and layers. */
export function sampleImage({
  seed = "image",
  layers = 2,
  layerSize = 16 * 1024,
  platform = { os: "linux", architecture: "amd64" },
}: SampleImageOptions = {}): Sample {
  const options =
    typeof layers === "number"
      ? Array.from({ length: layers }, (_, at): LayerOptions => ({ seed: `${seed} layer ${at}`, size: layerSize }))
      : layers;
  const built = options.map(sampleLayer);
  const config = json(`${OCI}.image.config.v1+json`, {
    created: "2026-01-01T00:00:00Z",
    ...platform,
    config: { Labels: { seed } },
    rootfs: { type: "layers", diff_ids: built.map((layer) => layer.diffId) },
    history: built.map(() => ({ created: "2026-01-01T00:00:00Z", created_by: "sample" })),
  });
  const contents = built.map((layer) => layer.content);
  const root = json(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: config.descriptor,
    layers: contents.map((layer) => layer.descriptor),
  });
  return { root, manifests: [root], blobs: distinct([config, ...contents]) };
}

export interface SampleIndexOptions {
  /** Default `index`. */
  readonly seed?: string;
  /** Default linux/amd64 and linux/arm64. */
  readonly platforms?: readonly Platform[];
  /** Layers that every platform has, and then those of its own. Default 1 and 1. */
  readonly sharedLayers?: number;
  readonly ownLayers?: number;
  /** Bytes of each layer. Default 16 KiB. */
  readonly layerSize?: number;
}

/** An image for several platforms, which share layers. */
export function sampleIndex({
  seed = "index",
  platforms = [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64", variant: "v8" },
  ],
  sharedLayers = 1,
  ownLayers = 1,
  layerSize = 16 * 1024,
}: SampleIndexOptions = {}): Sample {
  const images = platforms.map((platform) => {
    const own = `${seed} ${platform.os}/${platform.architecture}/${platform.variant ?? ""}`;
    const layers = [
      ...Array.from({ length: sharedLayers }, (_, at) => ({ seed: `${seed} shared ${at}`, size: layerSize })),
      ...Array.from({ length: ownLayers }, (_, at) => ({ seed: `${own} ${at}`, size: layerSize })),
    ];
    return { platform, image: sampleImage({ seed: own, layers, platform }) };
  });
  return indexOf(
    images.map(({ platform, image }) => ({ sample: image, platform })),
    { seed },
  );
}

/** An index of any samples; indexes may be in it too. */
export function indexOf(
  children: readonly { readonly sample: Sample; readonly platform?: Platform }[],
  { seed = "index" }: { readonly seed?: string } = {},
): Sample {
  const root = json(INDEX, {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: children.map(({ sample, platform }) => ({ ...sample.root.descriptor, ...(platform && { platform }) })),
    annotations: { seed },
  });
  return {
    root,
    manifests: [...distinct(children.flatMap(({ sample }) => sample.manifests)), root],
    blobs: distinct(children.flatMap(({ sample }) => sample.blobs)),
  };
}

export interface SampleArtifactOptions {
  /** What it refers to. */
  readonly subject?: Descriptor;
  /** Default `application/vnd.example.sbom.v1+json`. */
  readonly artifactType?: string;
  /** Default `artifact`. */
  readonly seed?: string;
}

/** An artifact with the empty config and one layer, which may refer to a subject. */
export function sampleArtifact({
  subject,
  artifactType = "application/vnd.example.sbom.v1+json",
  seed = "artifact",
}: SampleArtifactOptions = {}): Sample {
  const config = contentOf(`${OCI}.empty.v1+json`, Buffer.from("{}"));
  const layer = contentOf("text/plain", Buffer.from(`${seed}\n`));
  const root = json(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType,
    config: config.descriptor,
    layers: [layer.descriptor],
    ...(subject && { subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size } }),
    annotations: { "org.opencontainers.image.title": seed },
  });
  return { root, manifests: [root], blobs: [config, layer] };
}

/** Pushes a sample, children first, the root last under the tag; without a tag under its digest. Gives the root's descriptor. */
export async function seed(store: Target, sample: Sample, tag?: string): Promise<Descriptor> {
  for (const blob of sample.blobs) await store.push(blob.descriptor, openBytes(blob.bytes));
  for (const manifest of sample.manifests) {
    const reference = manifest === sample.root ? tag : undefined;
    await store.push(manifest.descriptor, openBytes(manifest.bytes), { reference });
  }
  return sample.root.descriptor;
}

/** Content in memory as a push wants it: a stream of its own from any offset, in pieces of 64 KiB. */
export function openBytes(bytes: Uint8Array): Open {
  return async (offset) => pieces(bytes, offset);
}

/** Bytes that look random and are the same each time. */
export function sampleBytes(size: number, seed = "bytes"): Uint8Array {
  const key = createHash("sha256").update(seed).digest().subarray(0, 16);
  return plain(createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size)));
}

/** Bytes with their descriptor. */
export function contentOf(mediaType: string, bytes: Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): Content {
  const digest: Digest = `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes: plain(bytes) };
}

/** Buffer's slice() is no copy: a test that changes one would change the sample. */
function plain(bytes: Uint8Array): Uint8Array {
  return Buffer.isBuffer(bytes) ? new Uint8Array(bytes) : bytes;
}

function json(mediaType: string, document: unknown): Content {
  return contentOf(mediaType, Buffer.from(JSON.stringify(document, undefined, 2)));
}

function sampleLayer({ seed, size = 16 * 1024, kind = "tar.gz" }: LayerOptions): {
  readonly content: Content;
  readonly diffId: Digest;
} {
  const bytes = sampleBytes(size, seed);
  if (kind === "plain") {
    const content = contentOf(`${OCI}.image.layer.v1.tar`, bytes);
    return { content, diffId: content.descriptor.digest };
  }
  const name = `${createHash("sha256").update(seed).digest("hex").slice(0, 12)}.bin`;
  const tar = tarOf(name, bytes);
  return {
    content: contentOf(`${OCI}.image.layer.v1.tar+gzip`, gzipSync(tar, { level: 1 })),
    diffId: contentOf("", tar).descriptor.digest,
  };
}

/** A tar archive (POSIX ustar) with one file. */
function tarOf(name: string, bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(TAR_BLOCK);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(bytes.length, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148);
  const padding = Buffer.alloc((TAR_BLOCK - (bytes.length % TAR_BLOCK)) % TAR_BLOCK);
  return Buffer.concat([header, bytes, padding, Buffer.alloc(2 * TAR_BLOCK)]);
}

function distinct(contents: readonly Content[]): readonly Content[] {
  return [...new Map(contents.map((content) => [content.descriptor.digest, content])).values()];
}

async function* pieces(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array, void, void> {
  for (let position = offset; position < bytes.length; position += 64 * 1024) {
    yield bytes.slice(position, position + 64 * 1024);
  }
}
