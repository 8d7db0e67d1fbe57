import {
  type CallOptions,
  type Descriptor,
  type Digest,
  DOCKER_CONFIG,
  isImageMediaType,
  MAX_MANIFEST_BYTES,
  type Manifest,
  OCI_CONFIG,
  parseJson as parseJsonText,
  parseRfc3339,
  readImageConfig,
  readVerified,
  type Source,
  StoreError,
} from "@tranship/core";

const CREATED = "org.opencontainers.image.created";
const CONFIG_TYPES: ReadonlySet<string> = new Set([OCI_CONFIG, DOCKER_CONFIG]);

/** Reproducible builds write a fixed time that says nothing of an image's age: 1970, buildpacks 1980, Go's unset time the year 1. */
const EARLIEST_MS: number = Date.UTC(1981, 0);

/**
 * When an image was built, as its annotation or its config says; for an index without an annotation its first image. Undefined where nothing says it, and for the
 * fixed times of reproducible builds. Requests: at most 1, for the config.
 * @param listed the manifests that indexes list.
 * @throws {StoreError} what can't be read, but for a config that is not there.
 */
export async function readImageTime(
  store: Source,
  manifest: Manifest,
  listed: (digest: Digest) => Manifest | undefined,
  options: CallOptions,
): Promise<Date | undefined> {
  const annotated = parseTime(manifest.annotations?.[CREATED]);
  if (annotated !== undefined) return annotated;
  if (manifest.kind === "image") return configTime(store, manifest.config, options);
  // BuildKit lists attestations as images of platform unknown/unknown.
  const first = manifest.manifests.find(
    ({ mediaType, platform }) => isImageMediaType(mediaType) && platform?.os !== "unknown",
  );
  const image = first === undefined ? undefined : listed(first.digest);
  return image === undefined ? undefined : readImageTime(store, image, listed, options);
}

async function configTime(
  store: Source,
  config: Descriptor | undefined,
  options: CallOptions,
): Promise<Date | undefined> {
  if (config === undefined || !CONFIG_TYPES.has(config.mediaType) || config.size > MAX_MANIFEST_BYTES) return undefined;
  try {
    const bytes = await readVerified(await store.fetch(config, options), config);
    return parseTime(readImageConfig(parseJson(bytes)).created);
  } catch (error) {
    if (error instanceof StoreError && error.code === "BLOB_UNKNOWN") return undefined;
    throw error;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseJsonText(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function parseTime(text: string | undefined): Date | undefined {
  if (!text?.includes("T")) return undefined;
  const time = parseRfc3339(text);
  return time !== undefined && time.getTime() >= EARLIEST_MS ? time : undefined;
}
