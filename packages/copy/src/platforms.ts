import {
  type Content,
  type Descriptor,
  digestOf,
  formatPlatform,
  type IndexManifest,
  isIndexMediaType,
  matchesPlatform,
  OCI_INDEX,
  type Platform,
  parseManifest,
  StoreError,
} from "@tranship/core";

/** Names the index that a cut-down one was made from, so that an unchanged mirror can be seen without making it again. */
export const SOURCE_DIGEST_ANNOTATION = "io.tranship.source.digest";

/** BuildKit's attestations are index entries that name, by this annotation, the manifest that they are about. */
const ATTESTATION_SUBJECT = "vnd.docker.reference.digest";

/** Reads an index that an index names. */
export type OpenIndex = (descriptor: Descriptor) => Promise<IndexManifest>;

/**
 * Chooses the manifests of the platforms from an index.
 * @returns one descriptor: copy that manifest; content: copy this index, cut down to the platforms asked for.
 * @throws {StoreError} PLATFORM_UNKNOWN, saying which there are.
 */
export async function selectPlatforms(
  root: Content,
  wanted: readonly Platform[],
  openIndex: OpenIndex,
): Promise<{ readonly manifest: Descriptor } | { readonly index: Content }> {
  const manifest = parseManifest(root.bytes, root.descriptor.mediaType);
  if (manifest.kind !== "index") throw new TypeError("Cannot select platforms from a single image");
  const entries = await leaves(manifest, openIndex);
  const matches = wanted.map((platform) => matching(entries, platform, root.descriptor));
  const [first] = matches;
  if (wanted.length === 1 && first !== undefined) return { manifest: first };
  const kept = new Set<string | undefined>(matches.map(({ digest }) => digest));
  const selected = entries.filter(
    (entry) => kept.has(entry.digest) || kept.has(entry.annotations?.[ATTESTATION_SUBJECT]),
  );
  const whole =
    selected.length === manifest.manifests.length &&
    !manifest.manifests.some((entry) => isIndexMediaType(entry.mediaType));
  return { index: whole ? root : cutDown(root, selected) };
}

async function leaves(index: IndexManifest, openIndex: OpenIndex): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = [];
  for (const entry of index.manifests) {
    if (!isIndexMediaType(entry.mediaType)) found.push(entry);
    else found.push(...(await leaves(await openIndex(entry), openIndex)));
  }
  return [...new Map(found.map((entry) => [entry.digest, entry])).values()];
}

/** The entry of exactly this platform, else the first that satisfies it. */
function matching(entries: readonly Descriptor[], wanted: Platform, root: Descriptor): Descriptor {
  const candidates = entries.filter(({ platform }) => platform !== undefined && matchesPlatform(wanted, platform));
  const name = formatPlatform(wanted);
  const match =
    candidates.find(({ platform }) => platform !== undefined && formatPlatform(platform) === name) ?? candidates[0];
  if (match !== undefined) return match;
  throw platformUnknown(
    wanted,
    root,
    entries.flatMap(({ platform }) => (platform === undefined ? [] : [platform])),
  );
}

/** The error for a platform that is not there. */
export function platformUnknown(wanted: Platform, root: Descriptor, there: readonly Platform[]): StoreError {
  const names = [...new Set(there.map(formatPlatform))].filter((name) => name !== "unknown/unknown");
  const has = names.length === 0 ? "it names no platform" : `it has ${names.join(", ")}`;
  return new StoreError(
    "PLATFORM_UNKNOWN",
    `Cannot find platform "${formatPlatform(wanted)}" in "${root.digest}": ${has}`,
  );
}

/** The same index with fewer entries, byte for byte the same whenever it is made from the same source and selection. */
function cutDown(root: Content, selected: readonly Descriptor[]): Content {
  const document: unknown = JSON.parse(Buffer.from(root.bytes).toString("utf8"));
  const fields = { ...(document as Readonly<Record<string, unknown>>) };
  fields["manifests"] = selected;
  // Docker's manifest list has no annotations.
  if (root.descriptor.mediaType === OCI_INDEX) {
    fields["annotations"] = {
      ...(fields["annotations"] as Readonly<Record<string, string>> | undefined),
      [SOURCE_DIGEST_ANNOTATION]: root.descriptor.digest,
    };
  }
  const bytes = Buffer.from(JSON.stringify(fields));
  return { descriptor: { mediaType: root.descriptor.mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}
