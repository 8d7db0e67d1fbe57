import {
  brokenTagsError,
  type CallOptions,
  type Digest,
  findMissingTags,
  type ListedTag,
  type Source,
  StoreError,
} from "@tranship/core";
import { atOnce } from "../concurrency/at-once.ts";
import type { Inventory, InventoryManifest } from "./inventory.ts";
import { type Readable, type ReadInventoryOptions, readInventory } from "./read-inventory.ts";

/** What a repository is looked at again through. */
export type LookableAgain = Readable & Pick<Source, "resolve" | "listedTags">;

/** How a repository is looked at again. */
export interface LookAgainOptions extends Omit<ReadInventoryOptions, "tags" | "timeOf"> {
  /**
   * Tags that were deleted since the earlier look: one of these that is listed and has no manifest
   * is gone, and the list lags. Default: none.
   */
  readonly deletedTags?: ReadonlySet<string> | undefined;
}

/** A repository as it is now, compared with an earlier inventory. */
export interface SecondLook {
  /**
   * The earlier manifests with the tags that they have now, and what new and moved tags lead to.
   */
  readonly inventory: Inventory;
  /**
   * Manifests that gained or lost a tag since, with a sentence that says which. None of them is
   * deleted.
   */
  readonly changed: ReadonlyMap<Digest, string>;
}

/**
 * Lists the tags of a repository again, right before deletions. A tag that is new or moved is read,
 * with what it lists and what is about that.
 * Requests: those of the list; 1 HEAD for each tag, none where the list has digests; those of
 * `readInventory` for what is new or moved.
 * @throws {StoreError} what cannot be listed, resolved or read: then nothing may be deleted.
 */
export async function lookAgain(
  store: LookableAgain,
  before: Inventory,
  { deletedTags = new Set(), ...options }: LookAgainOptions = {},
): Promise<SecondLook> {
  const { referrers, children, onBrokenTags, ...call } = options;
  const tags = await resolveTags(store, before, { ...call, onBrokenTags, deletedTags });
  const earlier = new Map(before.flatMap(({ digest, tags: own }) => own.map((tag) => [tag, digest] as const)));
  const unread = [...tags].filter(([tag, digest]) => earlier.get(tag) !== digest).map(([tag]) => tag);
  const fresh =
    unread.length === 0 ? [] : await readInventory(store, { ...options, tags: unread, allTags: new Set(tags.keys()) });
  return compareLooks(before, tags, fresh);
}

/** Puts the two looks together. @param fresh What new and moved tags lead to. */
export function compareLooks(before: Inventory, tags: ReadonlyMap<string, Digest>, fresh: Inventory): SecondLook {
  const tagsOf = Map.groupBy(tags.keys(), (tag) => tags.get(tag));
  const manifests = new Map(before.map((manifest) => [manifest.digest, withTags(manifest, tagsOf)]));
  for (const manifest of fresh) {
    const known = manifests.get(manifest.digest);
    // A tag that moved between its HEAD and its GET belongs to both digests: neither is deleted.
    const own = [...new Set([...(known?.tags ?? tagsOf.get(manifest.digest) ?? []), ...manifest.tags])];
    manifests.set(manifest.digest, {
      ...(known ?? manifest),
      children: [...new Set([...(known?.children ?? []), ...manifest.children])],
      subject: known?.subject ?? manifest.subject,
      tags: own,
    });
  }
  const inventory = [...manifests.values()];
  const earlier = new Map(before.map(({ digest, tags: own }) => [digest, own]));
  const changed = inventory.flatMap(({ digest, tags: own }) => {
    const why = whatChanged(earlier.get(digest) ?? [], own);
    return why === undefined ? [] : [[digest, why] as const];
  });
  return { inventory, changed: new Map(changed) };
}

/** The same object where the tags are the same. */
function withTags(
  manifest: InventoryManifest,
  tagsOf: ReadonlyMap<Digest | undefined, readonly string[]>,
): InventoryManifest {
  const tags = tagsOf.get(manifest.digest) ?? [];
  return whatChanged(manifest.tags, tags) === undefined ? manifest : { ...manifest, tags };
}

function whatChanged(before: readonly string[], now: readonly string[]): string | undefined {
  const gained = now.find((tag) => !before.includes(tag));
  if (gained !== undefined) return `tag ${JSON.stringify(gained)} was put on it meanwhile`;
  const lost = before.find((tag) => !now.includes(tag));
  return lost === undefined ? undefined : `its tag ${JSON.stringify(lost)} was moved or deleted meanwhile`;
}

/**
 * What each tag points to. A tag that was deleted between the list and its HEAD is left out.
 * @throws {StoreError} BROKEN_TAG.
 */
async function resolveTags(
  store: LookableAgain,
  before: Inventory,
  {
    onBrokenTags,
    deletedTags,
    ...call
  }: CallOptions & Pick<ReadInventoryOptions, "onBrokenTags"> & { readonly deletedTags: ReadonlySet<string> },
): Promise<ReadonlyMap<string, Digest>> {
  const listed = await listTags(store, before, call);
  const resolved = await atOnce(listed, async ({ name, digest }) => ({
    name,
    digest: digest ?? (await resolveKnown(store, name, call)),
  }));
  const unresolved = resolved.filter(({ digest }) => digest === undefined).map(({ name }) => name);
  const missing = unresolved.filter((name) => !deletedTags.has(name));
  const { broken, found } = await findMissingTags(store, missing, call);
  if (broken.length > 0) {
    if (onBrokenTags === undefined) throw brokenTagsError(`Cannot tell what "${store.name}" needs`, store.name, broken);
    onBrokenTags(broken);
  }
  return new Map(
    resolved.flatMap(({ name, digest = found.get(name)?.descriptor.digest }) =>
      digest === undefined ? [] : [[name, digest] as const],
    ),
  );
}

/** Every tag, with its digest where the list has digests. */
async function listTags(store: LookableAgain, before: Inventory, call: CallOptions): Promise<readonly ListedTag[]> {
  try {
    if (store.listedTags !== undefined) return await Array.fromAsync(store.listedTags(call));
    if (store.tags !== undefined) return (await Array.fromAsync(store.tags(call))).map((name) => ({ name }));
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "NAME_UNKNOWN") throw error;
    // Distribution on object storage says so of a repository that has manifests and no tags. A
    // registry that hides the repository hides its manifests too.
    const [known] = before;
    if (known !== undefined && (await resolveKnown(store, known.digest, call)) !== undefined) return [];
    throw error;
  }
  throw new StoreError("UNSUPPORTED", `Cannot prune "${store.name}": it lists no tags`);
}

/** What a reference points to; undefined where there is no such tag or manifest. */
export async function resolveKnown(
  store: Pick<Source, "resolve">,
  reference: string,
  call: CallOptions,
): Promise<Digest | undefined> {
  try {
    return (await store.resolve(reference, call)).digest;
  } catch (error) {
    if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return undefined;
    throw error;
  }
}
