import {
  type CallOptions,
  type Content,
  type Descriptor,
  type Digest,
  isIndexMediaType,
  type Manifest,
  parseManifest,
  type Source,
  StoreError,
  subjectOfTag,
} from "@tranship/core";
import { atOnce } from "../at-once.ts";
import type { Inventory } from "./inventory.ts";
import { childManifests } from "./manifest-links.ts";

/** What an inventory is read from. */
export type Readable = Pick<Source, "name" | "open" | "tags" | "referrers">;

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
  /** Whether what is about manifests is looked for, where no digest tag leads to it. Default: yes. */
  readonly referrers?: boolean | undefined;
  /** Asked for the time of each image with a tag. Default: no image has one. */
  readonly timeOf?: ImageTime | undefined;
}

interface Found {
  readonly descriptor: Descriptor;
  /** Undefined for a referrer that is no index: its subject is all that matters. */
  readonly manifest?: Manifest | undefined;
  readonly subject?: Digest | undefined;
  readonly tags: string[];
}

/**
 * Reads the manifests of a repository or layout that tags lead to: what they list, and what is about those. What has no tag and belongs to none of them no registry
 * lists, so it is neither known nor deleted.
 * Requests: those for the list of tags; 1 for each tag and each manifest of an index; 1 or 2 for each manifest's referrers; what `timeOf` takes.
 * @throws {StoreError} whatever can't be read, but for a manifest that is not there.
 */
export async function readInventory(store: Readable, options: ReadInventoryOptions = {}): Promise<Inventory> {
  const { tags, referrers = true, timeOf, ...call } = options;
  const found = new Map<Digest, Found>();
  const names = tags ?? (await Array.fromAsync(tagsOf(store, call)));
  const tagged = await atOnce(names, async (tag) => ({ tag, content: await openKnown(store, tag, call) }));
  for (const { tag, content } of tagged) {
    if (content === undefined) continue;
    const known = found.get(content.descriptor.digest);
    if (known === undefined) found.set(content.descriptor.digest, foundIn(content, [tag]));
    else known.tags.push(tag);
  }
  let latest = [...found.values()];
  while (latest.length > 0) latest = await findRelated(store, latest, { found, referrers, call });
  return atOnce([...found.values()], async ({ descriptor: { digest }, manifest, subject, tags: own }) => ({
    digest,
    tags: own,
    children: manifest === undefined ? [] : childManifests(manifest).map((child) => child.digest),
    subject,
    time:
      manifest === undefined || own.every((tag) => subjectOfTag(tag) !== undefined)
        ? undefined
        : await timeOf?.(manifest, (child) => found.get(child)?.manifest, call),
    locks: [],
  }));
}

/** What the manifests list, and what is about them, as far as it is not found yet. */
async function findRelated(
  store: Readable,
  manifests: readonly Found[],
  {
    found,
    referrers: wanted,
    call,
  }: { readonly found: Map<Digest, Found>; readonly referrers: boolean; readonly call: CallOptions },
): Promise<Found[]> {
  const claimed = new Set(found.keys());
  const isNew = ({ digest }: Descriptor): boolean => !claimed.has(digest) && claimed.add(digest).has(digest);
  const related = await atOnce(manifests, async ({ descriptor, manifest }) => {
    const children = manifest === undefined ? [] : childManifests(manifest);
    const referrers = wanted ? await Array.fromAsync(store.referrers?.(descriptor, call) ?? []) : [];
    // A list of children says nothing of their subjects.
    const read = [...children, ...referrers.filter(({ mediaType }) => isIndexMediaType(mediaType))].filter(isNew);
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
    return [...opened, ...artifacts];
  });
  const latest = related.flat();
  for (const one of latest) found.set(one.descriptor.digest, one);
  return latest;
}

function foundIn({ descriptor, bytes }: Content, tags: string[]): Found {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  return { descriptor, manifest, subject: manifest.subject?.digest, tags };
}

/** Undefined for what went meanwhile, and for what an index names and the repository has not. */
async function openKnown(store: Readable, reference: string, options: CallOptions): Promise<Content | undefined> {
  try {
    return await store.open(reference, options);
  } catch (error) {
    if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return undefined;
    throw error;
  }
}

function tagsOf(store: Readable, options: CallOptions): AsyncIterable<string> {
  const tags = store.tags?.(options);
  if (tags !== undefined) return tags;
  throw new StoreError("UNSUPPORTED", `Cannot prune "${store.name}": it lists no tags`);
}
