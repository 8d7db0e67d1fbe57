import {
  atOnce,
  childManifests,
  type Inventory,
  type InventoryManifest,
  type Lock,
  type ReadInventoryOptions,
  resolveKnown,
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

/** What is known from an earlier look: what a digest stands for does not change. */
export interface EarlierLook {
  readonly inventory: Inventory;
  /** Manifests that were deleted since: the lists may lag behind that. */
  readonly deleted: ReadonlySet<Digest>;
}

/**
 * Reads all manifests of a repository at Azure, tagged or not, with the registry's own times and
 * locks.
 * Requests: 1, and 1 for each 100 manifests, each 100 tags, and each manifest that is not known
 * from an earlier look: the lists don't say what an artifact is about.
 * @param earlier For a second look: then the count of manifests, which lags behind deletions, is
 * not believed.
 * @throws {StoreError} UNSUPPORTED where the repository itself is locked, or lists not all that it
 * has: what the hidden ones need is not known.
 */
export async function readAcrInventory(
  client: AcrClient,
  repository: string,
  { onBrokenTags, ...options }: CallOptions & Pick<ReadInventoryOptions, "onBrokenTags">,
  earlier?: EarlierLook,
): Promise<Inventory> {
  const action = `Cannot prune "${client.host}/${repository}"`;
  const properties = await client.getRepositoryProperties(repository, options);
  if (isLocked(properties)) {
    const how = `unlock it with: tranship acr unlock ${client.host}/${repository}`;
    throw new StoreError("UNSUPPORTED", `${action}: the repository is locked; ${how}`);
  }
  const store = client.repository(repository);
  const allManifests = await Array.fromAsync(client.listManifestProperties(repository, options));
  const allTags = await Array.fromAsync(client.listTagProperties(repository, options));
  const listedAgain = [...allManifests, ...allTags].filter(({ digest }) => earlier?.deleted.has(digest) === true);
  const gone = await stillGone(store, new Set(listedAgain.map(({ digest }) => digest)), options);
  const manifests = allManifests.filter(({ digest }) => !gone.has(digest));
  const tags = allTags.filter(({ digest }) => !gone.has(digest));
  const tagsOf = Map.groupBy(tags, ({ digest }) => digest);
  const listed = new Set(manifests.map(({ digest }) => digest));
  const withoutManifest = tags.filter(({ digest }) => !listed.has(digest)).map(({ name }) => name);
  const { broken, found } = await findMissingTags(store, withoutManifest, options);
  const tooFew = earlier === undefined && (properties.manifestCount ?? 0) > listed.size;
  if (found.size > 0 || tooFew) {
    const counts = `the registry lists ${listed.size} of ${properties.manifestCount ?? "its"} manifests`;
    throw new StoreError("UNSUPPORTED", `${action}: ${counts}, and what the others need is not known`);
  }
  if (broken.length > 0) {
    if (onBrokenTags === undefined) throw brokenTagsError(action, store.name, broken);
    onBrokenTags(broken);
  }
  const read = new Map(earlier?.inventory.map((manifest) => [manifest.digest, manifest]));
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

/**
 * Of the deleted manifests that are listed those that nobody has pushed again. Requests: 1 HEAD for
 * each.
 */
async function stillGone(
  store: Pick<Source, "resolve">,
  deleted: ReadonlySet<Digest>,
  options: CallOptions,
): Promise<ReadonlySet<Digest>> {
  const looked = await atOnce([...deleted], async (digest) => ({
    digest,
    isGone: (await resolveKnown(store, digest, options)) === undefined,
  }));
  return new Set(looked.filter(({ isGone }) => isGone).map(({ digest }) => digest));
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
