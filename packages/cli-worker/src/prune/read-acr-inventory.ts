import {
  atOnce,
  childManifests,
  type Inventory,
  type InventoryManifest,
  type Lock,
  type ReadInventoryOptions,
} from "@tranship/copy";
import {
  type AcrClient,
  brokenTagsError,
  type CallOptions,
  type ChangeableProperties,
  type Digest,
  findMissingTags,
  type ManifestProperties,
  parseManifest,
  type Source,
  StoreError,
  type TagProperties,
} from "@tranship/core";

/**
 * Reads all manifests of a repository at Azure, tagged or not, with the registry's own times and locks.
 * Requests: 1, and 1 for each 100 manifests, each 100 tags, and each manifest that is not in `known`: the lists don't say what an artifact is about.
 * @param known An earlier inventory: what a digest stands for does not change, and the count lags behind deletions.
 * @throws {StoreError} UNSUPPORTED where the repository itself is locked, or lists not all that it has: what the hidden ones need is not known.
 */
export async function readAcrInventory(
  client: AcrClient,
  repository: string,
  { onBrokenTags, ...options }: CallOptions & Pick<ReadInventoryOptions, "onBrokenTags">,
  known?: Inventory,
): Promise<Inventory> {
  const action = `Cannot prune "${client.host}/${repository}"`;
  const properties = await client.getRepositoryProperties(repository, options);
  if (isLocked(properties)) {
    const how = `unlock it with: tranship acr unlock ${client.host}/${repository}`;
    throw new StoreError("UNSUPPORTED", `${action}: the repository is locked; ${how}`);
  }
  const manifests = await Array.fromAsync(client.listManifestProperties(repository, options));
  const tags = await Array.fromAsync(client.listTagProperties(repository, options));
  const tagsOf = Map.groupBy(tags, ({ digest }) => digest);
  const store = client.repository(repository);
  const listed = new Set(manifests.map(({ digest }) => digest));
  const withoutManifest = tags.filter(({ digest }) => !listed.has(digest)).map(({ name }) => name);
  const { broken, found } = await findMissingTags(store, withoutManifest, options);
  const tooFew = known === undefined && (properties.manifestCount ?? 0) > listed.size;
  if (found.size > 0 || tooFew) {
    const counts = `the registry lists ${listed.size} of ${properties.manifestCount ?? "its"} manifests`;
    throw new StoreError("UNSUPPORTED", `${action}: ${counts}, and what the others need is not known`);
  }
  if (broken.length > 0) {
    if (onBrokenTags === undefined) throw brokenTagsError(action, store.name, broken);
    onBrokenTags(broken);
  }
  const read = new Map(known?.map((manifest) => [manifest.digest, manifest]));
  return atOnce(manifests, async (manifest) => {
    const own = tagsOf.get(manifest.digest) ?? [];
    return {
      ...(read.get(manifest.digest) ?? (await links(store, manifest.digest, options))),
      digest: manifest.digest,
      // The two lists are of two moments: whichever knows of a tag is believed.
      tags: [...new Set([...manifest.tags, ...own.map(({ name }) => name)])],
      time: manifest.lastUpdatedOn ?? manifest.createdOn,
      locks: locksOf(manifest, own),
    };
  });
}

async function links(
  store: Pick<Source, "open">,
  digest: Digest,
  options: CallOptions,
): Promise<Pick<InventoryManifest, "children" | "subject">> {
  const { descriptor, bytes } = await store.open(digest, options);
  const parsed = parseManifest(bytes, descriptor.mediaType);
  return { children: childManifests(parsed).map((child) => child.digest), subject: parsed.subject?.digest };
}

function locksOf(manifest: ManifestProperties, tags: readonly TagProperties[]): readonly Lock[] {
  const own: readonly Lock[] = isLocked(manifest) ? [{ on: "manifest" }] : [];
  return [...own, ...tags.filter(isLocked).map(({ name }): Lock => ({ on: "tag", tag: name }))];
}

/** What may not be written may not be deleted either. */
function isLocked({ canDelete, canWrite }: ChangeableProperties): boolean {
  return canDelete === false || canWrite === false;
}
