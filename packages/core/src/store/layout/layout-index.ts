import type { Descriptor } from "../../content/descriptor.ts";
import { OCI_INDEX } from "../../content/media-types.ts";
import { type JsonObject, parseArray, parseDescriptor, parseObject } from "../../content/parse-descriptor.ts";
import { parseJson as parseJsonText, whyNotJson } from "../../content/parse-json.ts";
import type { Digest } from "../../digest/digest.ts";
import { StoreError } from "../../errors/errors.ts";

/** The tag. Spec: image-spec v1.1.1, "Annotations", "Pre-Defined Annotation Keys". */
export const REF_NAME = "org.opencontainers.image.ref.name";
/** The whole name of an image, tag included, as containerd, BuildKit and `docker save` write it beside the tag. */
export const CONTAINERD_NAME = "io.containerd.image.name";

/** One entry of index.json, with everything that whoever wrote it put there. */
export interface IndexEntry {
  readonly descriptor: Descriptor;
  readonly raw: JsonObject;
}

/** The document index.json: what a layout names. Values, not the file: each change gives a new one. */
export interface LayoutIndex {
  readonly entries: readonly IndexEntry[];
  readonly raw: JsonObject;
}

export const EMPTY_LAYOUT_INDEX: LayoutIndex = { entries: [], raw: { schemaVersion: 2, mediaType: OCI_INDEX } };

/**
 * Reads index.json. Fields that nobody knows here are kept.
 * @param name what messages call the layout.
 * @throws {StoreError} LAYOUT_INVALID saying which entry is wrong.
 */
export function parseLayoutIndex(text: string, name: string): LayoutIndex {
  try {
    const raw = parseObject(parseJson(text), "the document");
    // Go writes an empty list that was never made as null. A document without the list may be cut short.
    const manifests = raw["manifests"] === null ? [] : parseArray(raw["manifests"], "manifests");
    const entries = manifests.map((entry, position): IndexEntry => {
      const path = `manifests[${position}]`;
      return { descriptor: parseDescriptor(entry, path), raw: parseObject(entry, path) };
    });
    return { entries, raw };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new StoreError("LAYOUT_INVALID", `Cannot read "index.json" of "${name}": ${error.message}`, { cause: error });
  }
}

/** The text of index.json. */
export function formatLayoutIndex(index: LayoutIndex): string {
  return JSON.stringify({ ...index.raw, manifests: index.entries.map((entry) => entry.raw) });
}

/** Whether the index names the manifest at the top, with or without a tag. */
export function isListed(index: LayoutIndex, digest: Digest): boolean {
  return index.entries.some((entry) => entry.descriptor.digest === digest);
}

/** Names the manifest without a tag, unless it is named already. */
export function withListed(index: LayoutIndex, descriptor: Descriptor): LayoutIndex {
  return isListed(index, descriptor.digest) ? index : withEntries(index, [...index.entries, entryOf(descriptor)]);
}

/** Gives the tag to the manifest. What had it before stays, without a tag, as skopeo and oras leave it. */
export function withTag(index: LayoutIndex, descriptor: Descriptor, tag: string): LayoutIndex {
  const holders = index.entries.filter((entry) => refNameOf(entry) === tag);
  if (holders.length > 0 && holders.every((entry) => entry.descriptor.digest === descriptor.digest)) return index;
  const others = withoutTag(index, tag).entries.filter(
    (entry) => entry.descriptor.digest !== descriptor.digest || hasName(entry),
  );
  return withEntries(index, [...others, entryOf(descriptor, tag)]);
}

/** Takes the tag away; the manifest stays listed. */
export function withoutTag(index: LayoutIndex, tag: string): LayoutIndex {
  const holders = index.entries.filter((entry) => refNameOf(entry) === tag);
  // `docker save a:latest b:latest` gives one tag to two images, told apart by their whole names: those are kept.
  const areSame = holders.every((entry) => entry.descriptor.digest === holders[0]?.descriptor.digest);
  const names = areSame ? [REF_NAME, CONTAINERD_NAME] : [REF_NAME];
  const entries = index.entries.map((entry) => (refNameOf(entry) === tag ? withoutAnnotations(entry, names) : entry));
  return withEntries(index, dropRepeated(entries));
}

/** Takes the manifest out, with all of its tags. */
export function withoutManifest(index: LayoutIndex, digest: Digest): LayoutIndex {
  return withEntries(
    index,
    index.entries.filter((entry) => entry.descriptor.digest !== digest),
  );
}

/** Takes out manifests that have no tag of their own: they are reached through an index that is listed. */
export function withoutUntagged(index: LayoutIndex, digests: ReadonlySet<Digest>): LayoutIndex {
  return withEntries(
    index,
    index.entries.filter((entry) => hasName(entry) || !digests.has(entry.descriptor.digest)),
  );
}

/** The tag of an entry, as it is written. */
export function refNameOf(entry: IndexEntry): string | undefined {
  return entry.descriptor.annotations?.[REF_NAME];
}

/** The whole name of an entry, as containerd writes it. */
export function containerdNameOf(entry: IndexEntry): string | undefined {
  return entry.descriptor.annotations?.[CONTAINERD_NAME];
}

function hasName(entry: IndexEntry): boolean {
  return refNameOf(entry) !== undefined || containerdNameOf(entry) !== undefined;
}

function withEntries(index: LayoutIndex, entries: readonly IndexEntry[]): LayoutIndex {
  const same = entries.length === index.entries.length && entries.every((entry, at) => entry === index.entries[at]);
  return same ? index : { ...index, entries };
}

/**
 * An entry for a manifest: annotations of where it comes from are not true here, but for the whole
 * name of an image that keeps its tag.
 */
function entryOf(descriptor: Descriptor, tag?: string): IndexEntry {
  const { mediaType, digest, size, artifactType, platform } = descriptor;
  const wholeName = descriptor.annotations?.[CONTAINERD_NAME];
  const keepsName = tag !== undefined && (wholeName === tag || wholeName?.endsWith(`:${tag}`) === true);
  const entry: Descriptor = {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(platform === undefined ? {} : { platform }),
    ...(tag === undefined
      ? {}
      : { annotations: { [REF_NAME]: tag, ...(keepsName ? { [CONTAINERD_NAME]: wholeName } : {}) } }),
  };
  return { descriptor: entry, raw: { ...entry } };
}

function withoutAnnotations(entry: IndexEntry, names: readonly string[]): IndexEntry {
  const rest = Object.fromEntries(
    Object.entries(entry.descriptor.annotations ?? {}).filter(([name]) => !names.includes(name)),
  );
  const { annotations: _gone, ...descriptor } = entry.descriptor;
  const { annotations: _rawGone, ...raw } = entry.raw;
  const kept = Object.keys(rest).length === 0 ? {} : { annotations: rest };
  return { descriptor: { ...descriptor, ...kept }, raw: { ...raw, ...kept } };
}

/** An entry without a name says nothing where another one has the same digest. */
function dropRepeated(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  return entries.filter((entry, at) => {
    if (hasName(entry)) return true;
    return !entries.some(
      (other, otherAt) =>
        other.descriptor.digest === entry.descriptor.digest && (hasName(other) || otherAt < at) && otherAt !== at,
    );
  });
}

function parseJson(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    // The engine's message quotes the document.
    throw new SyntaxError(whyNotJson(error, "it is no JSON"));
  }
}
