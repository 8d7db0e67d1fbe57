import { inBatches, SMALL_AT_ONCE } from "../../concurrency/in-batches.ts";
import { childrenOf } from "../../content/children.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { isIndexMediaType, isManifestMediaType } from "../../content/media-types.ts";
import { parseManifest } from "../../content/parse-manifest.ts";
import type { Digest } from "../../digest/digest.ts";
import { findMissingTags, type TagReader } from "../../store/missing-tags.ts";
import type { CallOptions } from "../../store/store.ts";
import { listTags } from "../lists/list-tags.ts";
import { openManifest } from "../manifests/open-manifest.ts";
import { resolveManifest } from "../manifests/resolve-manifest.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";
import { unlessUnknown } from "../unless-unknown.ts";

/** What speaks against deleting a tag's manifest. */
export interface Harm {
  /** What another tag would suffer. */
  readonly harm?: string | undefined;
  /** Other tags that are listed and have no manifest. */
  readonly broken: readonly string[];
}

/**
 * What other tags would suffer if the manifest of one went: those that have it too, or an index
 * that contains it.
 * Requests: the list of tags, 1 HEAD for each, 1 GET for each index that is not in `free`; those of
 * `findMissingTags` where one has no manifest.
 * @param free Indexes that are known not to contain the manifest; those that are found are added.
 * @throws {IncompleteListError} where the list may lack tags.
 */
export async function harmToOthers(
  repository: RemoteRepository,
  { digest }: Descriptor,
  tag: string,
  options: CallOptions,
  free: Set<Digest> = new Set(),
): Promise<Harm> {
  const search = { digest, free, options };
  const missing: string[] = [];
  const look = async (other: string) => ({
    other,
    descriptor: await unlessUnknown(resolveManifest(repository, other, options)),
  });
  for await (const { other, descriptor } of inBatches(listTags(repository, options), SMALL_AT_ONCE, look)) {
    if (other === tag) continue;
    if (descriptor === undefined) missing.push(other);
    const harm = descriptor && (await harmTo(repository, { tag: other, descriptor }, search));
    if (harm !== undefined) return { harm, broken: [] };
  }
  const { broken, found } = await findMissingTags(tagReader(repository), missing, options);
  for (const [other, { descriptor }] of found) {
    const harm = await harmTo(repository, { tag: other, descriptor }, search);
    if (harm !== undefined) return { harm, broken };
  }
  return { broken };
}

/** Whether a tag that has no manifest is listed. Where that can't be found out, it is not. */
export async function isBrokenTag(repository: RemoteRepository, tag: string, options: CallOptions): Promise<boolean> {
  try {
    return (await findMissingTags(tagReader(repository), [tag], options)).broken.length > 0;
  } catch {
    options.signal?.throwIfAborted();
    return false;
  }
}

function tagReader(repository: RemoteRepository): TagReader {
  return {
    name: labelOf(repository),
    resolve: (reference, options) => resolveManifest(repository, reference, options),
    open: (reference, options) => openManifest(repository, reference, options),
    tags: (options) => listTags(repository, options),
  };
}

interface Search {
  readonly digest: Digest;
  /** Indexes that do not contain it. */
  readonly free: Set<Digest>;
  readonly options: CallOptions;
}

async function harmTo(
  repository: RemoteRepository,
  { tag, descriptor }: { readonly tag: string; readonly descriptor: Descriptor },
  search: Search,
): Promise<string | undefined> {
  if (descriptor.digest === search.digest) return `tag "${tag}" has the same digest and would go too`;
  const breaks = await contains(repository, descriptor, search);
  return breaks ? `the index of tag "${tag}" contains it and would break` : undefined;
}

/** Whether an index, or one below it, names the manifest. Those that do not are noted, and not read again. */
async function contains(repository: RemoteRepository, index: Descriptor, search: Search): Promise<boolean> {
  const { digest, free, options } = search;
  // What no type is stated of may be an index.
  if ((index.mediaType !== "" && !isIndexMediaType(index.mediaType)) || free.has(index.digest)) return false;
  free.add(index.digest);
  const { bytes, descriptor } = await openManifest(repository, index.digest, options);
  const children = childrenOf(parseManifest(bytes, descriptor.mediaType));
  if (children.some((child) => child.digest === digest)) return true;
  for (const child of children) {
    if ((child.mediaType === "" || isManifestMediaType(child.mediaType)) && (await contains(repository, child, search)))
      return true;
  }
  return false;
}
