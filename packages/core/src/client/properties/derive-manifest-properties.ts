import { inBatches, SMALL_AT_ONCE } from "../../concurrency/in-batches.ts";
import { isManifestMediaType } from "../../content/media-types.ts";
import type { Digest } from "../../digest/digest.ts";
import type { ManifestProperties, PropertiesOrder } from "../../registry/azure/properties.ts";
import type { PageOptions } from "../../registry/lists/list-names.ts";
import { listTags } from "../../registry/lists/list-tags.ts";
import { resolveTags } from "../../registry/lists/resolve-tags.ts";
import type { RemoteRepository } from "../../registry/remote-repository.ts";
import { unlessUnknown } from "../../registry/unless-unknown.ts";
import type { CallOptions } from "../../store/store.ts";
import { type Page, slicedPages } from "../paged-list.ts";
import { type ManifestFacts, ManifestFactsReader } from "./manifest-facts.ts";
import { ordered } from "./ordered.ts";

/**
 * What any registry lets know of one manifest.
 * Requests: those of `ManifestFactsReader.read`, and for the tags those of `listTags` and 1 HEAD for each tag of the repository.
 * @throws {RegistryError} MANIFEST_UNKNOWN.
 */
export async function deriveManifestProperties(
  repository: RemoteRepository,
  reference: string,
  options: CallOptions,
): Promise<ManifestProperties> {
  const facts = await new ManifestFactsReader(repository, options).read(reference);
  const tags: string[] = [];
  for await (const { tag, descriptor } of resolveTags(repository, listTags(repository, options), options)) {
    if (descriptor.digest === facts.digest) tags.push(tag);
  }
  return propertiesOf(repository, facts, tags);
}

/**
 * What any registry lets know of the manifests that its tags lead to: those that are tagged, then those that they list. Which others there are, no registry says.
 * Requests: those of `listTags`, 1 GET for each tag and each manifest of an index, 1 for the config of each image: all before the first page.
 * Memory: the parsed manifests.
 */
export async function* deriveManifestList(
  repository: RemoteRepository,
  orderBy: PropertiesOrder | undefined,
  page: PageOptions,
  options: CallOptions,
): AsyncGenerator<Page<ManifestProperties>, void, void> {
  const reader = new ManifestFactsReader(repository, options);
  const tagsOf = new Map<Digest, string[]>();
  const found = new Map<Digest, ManifestFacts>();
  const readTag = async (tag: string) => ({ tag, facts: await unlessUnknown(reader.read(tag)) });
  for await (const { tag, facts } of inBatches(listTags(repository, options), SMALL_AT_ONCE, readTag)) {
    if (facts === undefined) continue;
    found.set(facts.digest, facts);
    tagsOf.set(facts.digest, [...(tagsOf.get(facts.digest) ?? []), tag]);
  }
  for await (const child of listed(reader, found)) found.set(child.digest, child);
  const all = [...found.values()].map((facts) => propertiesOf(repository, facts, tagsOf.get(facts.digest) ?? []));
  yield* slicedPages(orderBy === undefined ? all : ordered(all, orderBy), ({ digest }) => digest, page);
}

/** The manifests that indexes list, and that theirs do, which are not found yet. */
async function* listed(
  reader: ManifestFactsReader,
  found: ReadonlyMap<Digest, ManifestFacts>,
): AsyncGenerator<ManifestFacts, void, void> {
  const seen = new Set<Digest>(found.keys());
  let parents = [...found.values()];
  while (parents.length > 0) {
    const children = parents.flatMap(childManifests).filter((digest) => !seen.has(digest) && seen.add(digest));
    parents = [];
    for await (const child of inBatches(children, SMALL_AT_ONCE, (digest) => unlessUnknown(reader.read(digest)))) {
      if (child === undefined) continue;
      parents.push(child);
      yield child;
    }
  }
}

function childManifests({ manifest }: ManifestFacts): readonly Digest[] {
  if (manifest.kind !== "index") return [];
  return manifest.manifests.filter(({ mediaType }) => isManifestMediaType(mediaType)).map(({ digest }) => digest);
}

function propertiesOf(
  { client, name }: RemoteRepository,
  { manifest: _, ...facts }: ManifestFacts,
  tags: readonly string[],
): ManifestProperties {
  return { registryLoginServer: client.host, repositoryName: name, ...facts, tags };
}
