import {
  type Content,
  type Descriptor,
  type Digest,
  digestOf,
  formatPlatform,
  isIndexMediaType,
  matchesPlatform,
  OCI_INDEX,
  type Platform,
  parseJson,
  StoreError,
} from "@tranship/core";
import type { PlatformChoice } from "../run/platform-choice.ts";
import type { OpenManifest } from "../run/reader.ts";
import { WalkLimits } from "./walk-limits.ts";

/** Names the index that a cut-down one was made from, so that an unchanged mirror can be seen without making it again. */
export const SOURCE_DIGEST_ANNOTATION = "io.tranship.source.digest";

/** BuildKit's attestations are index entries that name, by this annotation, the manifest that they are about. */
const ATTESTATION_SUBJECT = "vnd.docker.reference.digest";

/** An entry of an index: what it means, as it is written, and the indexes that it stands in, below the outermost one. */
interface Entry {
  readonly descriptor: Descriptor;
  readonly written: unknown;
  readonly within: readonly Digest[];
}

/**
 * Chooses the manifests of the platforms from an index.
 * @param image what messages call it.
 * @param openManifest reads an index that the index names.
 * @returns manifest: copy that one; index: copy this one, cut down to the platforms asked for.
 * @throws {StoreError} PLATFORM_UNKNOWN, saying which there are.
 */
export async function selectPlatforms(
  root: OpenManifest,
  image: string,
  choice: PlatformChoice,
  openManifest: OpenChild,
): Promise<({ readonly manifest: Descriptor } | { readonly index: Content }) & Lacking> {
  const entries = await leaves(root, openManifest);
  const { matches, selected, lacking } = choose(entries, image, choice);
  const [first] = matches;
  if (choice.platforms.length === 1 && first !== undefined) return { manifest: first, lacking };
  const own = new Set((root.manifest.kind === "index" ? root.manifest.manifests : []).map(meaningOf));
  const whole = selected.length === own.size && selected.length === entries.length;
  return { index: whole ? root : cutDown(root, selected), lacking };
}

/**
 * The same for an index that is kept as it is: what of it, and of the indexes below it, is copied.
 * @throws {StoreError} PLATFORM_UNKNOWN, saying which there are.
 */
export async function keepPlatforms(
  root: OpenManifest,
  image: string,
  choice: PlatformChoice,
  openManifest: OpenChild,
): Promise<{ readonly kept: ReadonlySet<Digest> } & Lacking> {
  const { selected, lacking } = choose(await leaves(root, openManifest), image, choice);
  return { kept: new Set(selected.flatMap(({ descriptor, within }) => [descriptor.digest, ...within])), lacking };
}

/**
 * Which of the platforms a single image lacks.
 * @param has undefined where its config names none.
 * @throws {StoreError} PLATFORM_UNKNOWN.
 */
export function lackingInImage(has: Platform | undefined, image: string, choice: PlatformChoice): Lacking["lacking"] {
  const lacks = choice.platforms.filter((wanted) => has === undefined || !matchesPlatform(wanted, has));
  checkLacking(lacks, image, choice, has === undefined ? [] : [has]);
  return lacks;
}

/** Which of the platforms asked for an image lacks. */
interface Lacking {
  readonly lacking: readonly Platform[];
}

/** The manifest of each platform, and these with their attestations. @throws {StoreError} PLATFORM_UNKNOWN. */
function choose(
  entries: readonly Entry[],
  image: string,
  choice: PlatformChoice,
): { readonly matches: readonly Descriptor[]; readonly selected: readonly Entry[] } & Lacking {
  const found = choice.platforms.map((platform) => ({ platform, match: matching(entries, platform) }));
  const lacking = found.flatMap(({ platform, match }) => (match === undefined ? [platform] : []));
  checkLacking(
    lacking,
    image,
    choice,
    entries.flatMap(({ descriptor }) => descriptor.platform ?? []),
  );
  const matches = found.flatMap(({ match }) => match ?? []);
  const chosen = new Set(matches);
  const digests = new Set<string | undefined>(matches.map(({ digest }) => digest));
  const selected = entries.filter(
    ({ descriptor }) => chosen.has(descriptor) || digests.has(descriptor.annotations?.[ATTESTATION_SUBJECT]),
  );
  return { matches, selected, lacking };
}

/**
 * The entries of an index, and in place of an index among them, that one's; each once. Several may name one
 * manifest, which is for several platforms then. Each index is read once, however many name it.
 * @throws {StoreError} MANIFEST_INVALID where it is nested too deep, or has too many entries.
 */
async function leaves(root: OpenManifest, openManifest: OpenChild): Promise<readonly Entry[]> {
  const limits = new WalkLimits(root.descriptor.digest);
  const found = new Map<string, Entry>();
  const read = new Set<Digest>([root.descriptor.digest]);
  const visit = async (index: OpenManifest, within: readonly Digest[]): Promise<void> => {
    if (index.manifest.kind !== "index")
      throw new TypeError(`Cannot select platforms of "${index.descriptor.digest}": no index`);
    const { manifests } = index.manifest;
    limits.enter(index.descriptor, within.length + 1, manifests.length);
    const written = writtenEntries(index);
    for (const [position, descriptor] of manifests.entries()) {
      if (isIndexMediaType(descriptor.mediaType)) {
        if (read.has(descriptor.digest)) continue;
        read.add(descriptor.digest);
        await visit(await openManifest(descriptor), [...within, descriptor.digest]);
        continue;
      }
      const meaning = meaningOf(descriptor);
      if (!found.has(meaning)) found.set(meaning, { descriptor, written: written[position], within });
    }
  };
  await visit(root, []);
  return [...found.values()];
}

/** Reads an index that an index names. */
type OpenChild = (descriptor: Descriptor) => Promise<OpenManifest>;

function writtenEntries({ bytes }: OpenManifest): readonly unknown[] {
  const { manifests } = parseJson(Buffer.from(bytes).toString("utf8")) as { manifests: readonly unknown[] | null };
  return manifests ?? [];
}

/** What is chosen by: the same manifest for another platform, or as the attestation of another one, is another entry. */
function meaningOf({ digest, platform, annotations }: Descriptor): string {
  return JSON.stringify([digest, platform, annotations?.[ATTESTATION_SUBJECT]]);
}

/** The entry of exactly this platform, else the first that satisfies it. */
function matching(entries: readonly Entry[], wanted: Platform): Descriptor | undefined {
  const candidates = entries
    .map(({ descriptor }) => descriptor)
    .filter(({ platform }) => platform !== undefined && matchesPlatform(wanted, platform));
  const name = formatPlatform(wanted);
  const exact = candidates.find(({ platform }) => platform !== undefined && formatPlatform(platform) === name);
  return exact ?? candidates[0];
}

/** @throws {StoreError} PLATFORM_UNKNOWN where it must not lack any, or lacks all. */
function checkLacking(
  lacking: readonly Platform[],
  image: string,
  { platforms, missing }: PlatformChoice,
  there: readonly Platform[],
): void {
  const [first] = lacking;
  if (first === undefined || (missing === "skip" && lacking.length < platforms.length)) return;
  const names = [...new Set(there.map(formatPlatform))].filter((name) => name !== "unknown/unknown");
  const has = names.length === 0 ? "it names no platform" : `it has ${names.join(", ")}`;
  const looked = missing === "skip" ? lacking : [first];
  const wanted = `platform ${looked.map((platform) => `"${formatPlatform(platform)}"`).join(" or ")}`;
  const others = lacking.length < platforms.length ? "; the others that were asked for are there" : "";
  throw new StoreError("PLATFORM_UNKNOWN", `Cannot find ${wanted} in "${image}": ${has}${others}`);
}

/** The same index with fewer entries, byte for byte the same whenever it is made from the same source and selection. */
function cutDown(root: OpenManifest, selected: readonly Entry[]): Content {
  const document: unknown = parseJson(Buffer.from(root.bytes).toString("utf8"));
  const fields = {
    ...(document as Readonly<Record<string, unknown>>),
    manifests: selected.map(({ written }) => written),
  };
  const annotations = { ...root.manifest.annotations, [SOURCE_DIGEST_ANNOTATION]: root.descriptor.digest };
  // Docker's manifest list has no annotations.
  const cut = root.descriptor.mediaType === OCI_INDEX ? { ...fields, annotations } : fields;
  const bytes = Buffer.from(JSON.stringify(cut));
  return { descriptor: { mediaType: root.descriptor.mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}
