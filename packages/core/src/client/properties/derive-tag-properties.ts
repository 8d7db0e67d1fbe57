import { inBatches, SMALL_AT_ONCE } from "../../concurrency/in-batches.ts";
import type { Digest } from "../../digest/digest.ts";
import type { PropertiesOrder, TagProperties } from "../../registry/azure/properties.ts";
import type { PageOptions } from "../../registry/lists/list-names.ts";
import { listTagPages, listTags } from "../../registry/lists/list-tags.ts";
import { resolveTags } from "../../registry/lists/resolve-tags.ts";
import type { RemoteRepository } from "../../registry/remote-repository.ts";
import { unlessUnknown } from "../../registry/unless-unknown.ts";
import type { CallOptions } from "../../store/store.ts";
import { type Page, pageOf, slicedPages } from "../paged-list.ts";
import { ManifestFactsReader } from "./manifest-facts.ts";
import { ordered } from "./ordered.ts";

/**
 * What any registry lets know of one tag. Requests: those of `ManifestFactsReader.read`: 2 for an image, 3 for an index.
 * @throws {RegistryError} MANIFEST_UNKNOWN.
 */
export async function deriveTagProperties(
  repository: RemoteRepository,
  tag: string,
  options: CallOptions,
): Promise<TagProperties> {
  const { digest, createdOn } = await new ManifestFactsReader(repository, options).read(tag);
  return tagProperties(repository, tag, digest, createdOn);
}

/**
 * The tags with their digests. Requests: those of `listTags` and 1 HEAD for each tag, page by page; with `orderBy` all before the first page, and in place of the
 * HEAD what `deriveTagProperties` costs, since only the images say how old they are. Memory: a page; with `orderBy` the parsed manifests.
 */
export async function* deriveTagList(
  repository: RemoteRepository,
  orderBy: PropertiesOrder | undefined,
  page: PageOptions,
  options: CallOptions,
): AsyncGenerator<Page<TagProperties>, void, void> {
  if (orderBy !== undefined) {
    const all = await datedTags(repository, options);
    yield* slicedPages(ordered(all, orderBy), ({ name }) => name, page);
    return;
  }
  for await (const { items, more } of listTagPages(repository, { ...options, ...page })) {
    const names = items.map(({ name }) => name);
    const tags: TagProperties[] = [];
    for await (const { tag, descriptor } of resolveTags(repository, names, options)) {
      tags.push(tagProperties(repository, tag, descriptor.digest));
    }
    yield pageOf(tags, more ? names.at(-1) : undefined);
  }
}

async function datedTags(repository: RemoteRepository, options: CallOptions): Promise<readonly TagProperties[]> {
  const reader = new ManifestFactsReader(repository, options);
  const read = async (tag: string): Promise<TagProperties | undefined> => {
    const facts = await unlessUnknown(reader.read(tag));
    return facts === undefined ? undefined : tagProperties(repository, tag, facts.digest, facts.createdOn);
  };
  const tags: TagProperties[] = [];
  for await (const tag of inBatches(listTags(repository, options), SMALL_AT_ONCE, read)) {
    if (tag !== undefined) tags.push(tag);
  }
  return tags;
}

function tagProperties(
  { client, name }: RemoteRepository,
  tag: string,
  digest: Digest,
  createdOn?: Date | undefined,
): TagProperties {
  return { registryLoginServer: client.host, repositoryName: name, name: tag, digest, createdOn };
}
