import {
  blobsOf,
  type CallOptions,
  type Content,
  type Descriptor,
  DOCKER_CONFIG,
  formatPlatform,
  type ImageManifest,
  type IndexManifest,
  isManifestMediaType,
  MAX_MANIFEST_BYTES,
  type Manifest,
  OCI_CONFIG,
  parseJson,
  parseManifest,
  readVerified,
  type Source,
} from "@tranship/core";

/** A piece of content, as `inspect --json` prints it. Sizes are bytes. */
export type Piece = Pick<Descriptor, "mediaType" | "digest" | "size">;

/** An entry of an index. */
export interface Entry extends Piece {
  /** `linux/arm64/v8`; undefined for what is for no platform. */
  readonly platform?: string | undefined;
  readonly artifactType?: string | undefined;
  /** BuildKit's `vnd.docker.reference.type`: `attestation-manifest`. */
  readonly role?: string | undefined;
  /** Layers, and the bytes of config and layers; undefined where the entry is an index or no manifest. */
  readonly layers?: number | undefined;
  readonly contentSize?: number | undefined;
}

/** What `inspect` says about an index or an image. */
export interface Description extends Piece {
  readonly name: string;
  readonly artifactType?: string | undefined;
  readonly subject?: Piece | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Of an index. */
  readonly manifests?: readonly Entry[] | undefined;
  /** Of an image: the descriptor of its config and the document in it, where it is an image's config. */
  readonly config?: (Piece & { readonly document?: unknown }) | undefined;
  readonly layers?: readonly Piece[] | undefined;
}

/**
 * Describes a manifest.
 * Requests: for an index 1 GET for each manifest in it; for an image 1 GET for its config.
 * @throws {StoreError} what the store could not do, MANIFEST_INVALID, DIGEST_MISMATCH.
 */
export async function describe(source: Source, content: Content, options: CallOptions): Promise<Description> {
  const manifest = parseManifest(content.bytes, content.descriptor.mediaType);
  const { artifactType, subject, annotations } = manifest;
  return {
    name: source.name,
    ...piece({ ...content.descriptor, mediaType: manifest.mediaType }),
    artifactType,
    subject: subject && piece(subject),
    annotations,
    ...(manifest.kind === "index"
      ? { manifests: await describeEntries(source, manifest, options) }
      : { config: await describeConfig(source, manifest, options), layers: manifest.layers.map(piece) }),
  };
}

function piece({ mediaType, digest, size }: Descriptor): Piece {
  return { mediaType, digest, size };
}

function describeEntries(source: Source, index: IndexManifest, options: CallOptions): Promise<readonly Entry[]> {
  return Promise.all(
    index.manifests.map(async (entry) => {
      const child = await readChild(source, entry, options);
      const blobs = child?.kind === "image" ? blobsOf(child) : undefined;
      return {
        platform: entry.platform && formatPlatform(entry.platform),
        ...piece(entry),
        artifactType: entry.artifactType ?? child?.artifactType,
        role: entry.annotations?.["vnd.docker.reference.type"],
        layers: child?.kind === "image" ? child.layers.length : undefined,
        contentSize: blobs?.reduce((sum, { size }) => sum + Math.max(0, size), 0),
      };
    }),
  );
}

/** Undefined for what is no manifest. */
async function readChild(source: Source, entry: Descriptor, options: CallOptions): Promise<Manifest | undefined> {
  if (!isManifestMediaType(entry.mediaType) || entry.size > MAX_MANIFEST_BYTES) return undefined;
  return parseManifest(await readVerified(await source.fetch(entry, options), entry), entry.mediaType);
}

async function describeConfig(
  source: Source,
  { config }: ImageManifest,
  options: CallOptions,
): Promise<Description["config"]> {
  if (config === undefined) return undefined;
  const isImage = config.mediaType === OCI_CONFIG || config.mediaType === DOCKER_CONFIG;
  if (!isImage || config.size > MAX_MANIFEST_BYTES) return piece(config);
  const bytes = await readVerified(await source.fetch(config, options), config);
  return { ...piece(config), document: parsedOrUndefined(bytes) };
}

function parsedOrUndefined(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
