import {
  type CallOptions,
  type Content,
  childrenOf,
  type Descriptor,
  type Digest,
  isImageMediaType,
  isIndexMediaType,
  type Manifest,
  parseManifest,
  type Source,
  StoreError,
  subjectOfTag,
} from "@tranship/core";
import { atOnce } from "../concurrency/at-once.ts";
import type { Inventory } from "./inventory.ts";
import { childManifests } from "./manifest-links.ts";
import { type OnBrokenTags, openKnown, openTags } from "./open-tags.ts";

/** What an inventory is read from. */
export type Readable = Pick<Source, "name" | "resolve" | "open" | "tags" | "referrers">;

/** When an image was made; `listed` gives the manifests that indexes list. */
export type ImageTime = (
  manifest: Manifest,
  listed: (digest: Digest) => Manifest | undefined,
  options: CallOptions,
) => Promise<Date | undefined>;

/** What of a repository is read. */
export interface ReadInventoryOptions extends CallOptions {
  /** The tags to begin with. Default: all that the store lists. */
  readonly tags?: readonly string[] | undefined;
  /**
   * Every tag of the repository, where `tags` are some of them: a referrers tag that is not among
   * them is not asked for. Default: not known.
   */
  readonly allTags?: ReadonlySet<string> | undefined;
  /** Whether what is about manifests is looked for, where no digest tag leads to it. Default: yes. */
  readonly referrers?: boolean | undefined;
  /**
   * Which of the manifests that an index lists are read. `unlabelled`: those of which it does not say the platform; the others are images, which need nothing of the repository but blobs.
   * Default: all.
   */
  readonly children?: "all" | "unlabelled" | undefined;
  /** Asked for the time of each image with a tag. Default: no image has one. */
  readonly timeOf?: ImageTime | undefined;
  /** Told of tags that are listed and have no manifest. Default: they are an error. */
  readonly onBrokenTags?: OnBrokenTags | undefined;
}

interface Found {
  readonly descriptor: Descriptor;
  /** Undefined for what was not read: a referrer that is no index, of which the subject is all that matters, and a listed image. */
  readonly manifest?: Manifest | undefined;
  readonly subject?: Digest | undefined;
  readonly tags: string[];
}

/**
 * Reads the manifests of a repository or layout that tags lead to: what they list, what is about
 * those, and the subject of what has a tag. What has no tag and belongs to none of them no registry
 * lists, so it is neither known nor deleted.
 * Requests: those for the list of tags; 1 for each tag and each manifest of an index that is read;
 * 1 for each manifest's referrers where the registry has an API for them, else 1 for each referrers
 * tag; 1 for each subject that is not found otherwise; what `timeOf` takes.
 * @throws {StoreError} BROKEN_TAG for tags that are listed and have no manifest; whatever else
 * can't be read, but for a manifest that an index names and that is missing.
 * @throws {IncompleteListError} where the list may lack tags.
 */
export async function readInventory(store: Readable, options: ReadInventoryOptions = {}): Promise<Inventory> {
  const { tags, allTags, referrers = true, children = "all", timeOf, onBrokenTags, ...call } = options;
  const found = new Map<Digest, Found>();
  const names = tags ?? (await Array.fromAsync(tagsOf(store, call)));
  for (const { tag, content } of await openTags(store, names, call, onBrokenTags)) {
    const known = found.get(content.descriptor.digest);
    if (known === undefined) found.set(content.descriptor.digest, foundIn(content, [tag]));
    else known.tags.push(tag);
  }
  let latest = [...found.values()];
  const search = { found, referrers, children, all: tags === undefined ? new Set(names) : allTags, call };
  while (latest.length > 0) latest = await findRelated(store, latest, search);
  // Subjects that no tag leads to: a signature stays while its subject is there.
  for (latest = await findSubjects(store, search); latest.length > 0; )
    latest = await findRelated(store, latest, search);
  return atOnce([...found.values()], async ({ descriptor: { digest }, manifest, subject, tags: own }) => ({
    digest,
    tags: own,
    children: manifest === undefined ? [] : namedBy(manifest, found),
    subject,
    time:
      manifest === undefined || own.every((tag) => subjectOfTag(tag) !== undefined)
        ? undefined
        : await timeOf?.(manifest, (child) => found.get(child)?.manifest, call),
    locks: [],
  }));
}

/** What a manifest needs of the others: what an index lists, and what an image names among its layers. */
function namedBy(manifest: Manifest, found: ReadonlyMap<Digest, unknown>): readonly Digest[] {
  const named = manifest.kind === "index" ? childManifests(manifest) : childrenOf(manifest);
  const digests = named.map(({ digest }) => digest);
  return manifest.kind === "index" ? digests : digests.filter((digest) => found.has(digest));
}

interface Search {
  readonly found: Map<Digest, Found>;
  readonly referrers: boolean;
  readonly children: "all" | "unlabelled";
  /** All tags of the repository, where they were listed. */
  readonly all: ReadonlySet<string> | undefined;
  readonly call: CallOptions;
}

/** What the manifests list, and what is about them, as far as it is not found yet. */
async function findRelated(store: Readable, manifests: readonly Found[], search: Search): Promise<Found[]> {
  const { found, call } = search;
  const claimed = new Set(found.keys());
  const isNew = ({ digest }: Descriptor): boolean => !claimed.has(digest) && claimed.add(digest).has(digest);
  const related = await atOnce(manifests, async ({ descriptor, manifest }) => {
    const children = manifest === undefined ? [] : childManifests(manifest);
    const options = { ...call, tags: search.all, askAlways: true };
    const referrers = search.referrers ? await Array.fromAsync(store.referrers?.(descriptor, options) ?? []) : [];
    const isRead = (child: Descriptor): boolean => search.children === "all" || !isListedImage(child);
    // A list of children says nothing of their subjects.
    const read = [...children.filter(isRead), ...referrers.filter(isIndex)].filter(isNew);
    const images = children.filter(isNew).map((child) => ({ descriptor: child, tags: [] }));
    const artifacts = referrers.filter(isNew).map((referrer) => ({
      descriptor: referrer,
      subject: descriptor.digest,
      tags: [],
    }));
    const opened: Found[] = [];
    for (const { digest } of read) {
      const content = await openKnown(store, digest, call);
      if (content !== undefined) opened.push(foundIn(content, []));
    }
    return [...opened, ...images, ...artifacts];
  });
  const latest = related.flat();
  for (const one of latest) found.set(one.descriptor.digest, one);
  return latest;
}

/** The subjects of what has a tag, as far as they are there and not found yet. */
async function findSubjects(store: Readable, { found, call }: Search): Promise<Found[]> {
  const tagged = [...found.values()].filter(({ tags }) => tags.length > 0);
  const subjects = new Set(tagged.flatMap(({ subject, tags }) => [subject, ...tags.map(subjectOfTag)]));
  const missing = [...subjects].filter((digest) => digest !== undefined && !found.has(digest));
  const contents = await atOnce(missing, async (digest) => openKnown(store, digest as Digest, call));
  const subjectsFound = contents.flatMap((content) => (content === undefined ? [] : [foundIn(content, [])]));
  for (const one of subjectsFound) found.set(one.descriptor.digest, one);
  return subjectsFound;
}

function isIndex({ mediaType }: Descriptor): boolean {
  return isIndexMediaType(mediaType);
}

/** Whether an index says that it is an image for a platform. */
function isListedImage({ mediaType, platform, artifactType }: Descriptor): boolean {
  return isImageMediaType(mediaType) && platform !== undefined && artifactType === undefined;
}

function foundIn({ descriptor, bytes }: Content, tags: string[]): Found {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  return { descriptor, manifest, subject: manifest.subject?.digest, tags };
}

function tagsOf(store: Readable, options: CallOptions): AsyncIterable<string> {
  const tags = store.tags?.(options);
  if (tags !== undefined) return tags;
  throw new StoreError("UNSUPPORTED", `Cannot prune "${store.name}": it lists no tags`);
}
