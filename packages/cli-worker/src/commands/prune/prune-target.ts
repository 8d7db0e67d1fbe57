import {
  compareLooks,
  type Inventory,
  type InventoryManifest,
  type LookAgainOptions,
  lookAgain,
  type ReadInventoryOptions,
  readImageTime,
  readInventory,
  resolveKnown,
  type SecondLook,
} from "@tranship/copy";
import { type AcrClient, type CallOptions, type Digest, OCI_MANIFEST, type Store, StoreError } from "@tranship/core";
import type { Location } from "../../locations/location.ts";
import { openStore } from "../../locations/open-location.ts";
import { isAzure } from "../../registries/is-azure.ts";
import type { Registries } from "../../registries/registries.ts";
import { readAcrInventory } from "./read-acr-inventory.ts";

/** How it is read. */
export type PruneReadOptions = CallOptions & Pick<ReadInventoryOptions, "onBrokenTags">;

/** What is pruned. */
export interface PruneTarget {
  readonly name: string;
  /** Whether it lists manifests without tags too. */
  readonly listsUntagged: boolean;
  read(options: PruneReadOptions): Promise<Inventory>;
  /** Lists the tags again, right before deletions, and reads what is new or moved since. */
  look(before: Inventory, options: PruneReadOptions & Pick<LookAgainOptions, "deletedTags">): Promise<SecondLook>;
  /** What a tag or digest points to now; undefined where it is gone. */
  resolve(reference: string, options: CallOptions): Promise<Digest | undefined>;
  /** Deletes a manifest with its tags, and unlocks it where it is locked; one that is gone already is no error. */
  remove(manifest: InventoryManifest, options: CallOptions): Promise<void>;
}

/** Opens a repository or a layout, to prune it; one at Azure through its own API, which knows more. No request. */
export async function openPruneTarget(
  location: Location,
  registries: Registries,
  credentials: string | undefined,
): Promise<PruneTarget> {
  const store = await openStore(location, registries, credentials);
  if (location.kind === "registry" && isAzure(location.host)) {
    return acrTarget(await registries.acrClient(location.host, credentials), location.repository);
  }
  return {
    name: store.name,
    listsUntagged: false,
    read: (options) =>
      readInventory(store, {
        ...options,
        timeOf: (manifest, listed, call) => readImageTime(store, manifest, listed, call),
      }),
    look: (before, options) => lookAgain(store, before, options),
    resolve: (reference, options) => resolveKnown(store, reference, options),
    remove: (manifest, options) => deleteFrom(store, manifest, options),
  };
}

function acrTarget(client: AcrClient, repository: string): PruneTarget {
  const store = client.repository(repository);
  const deleted = new Set<Digest>();
  return {
    name: store.name,
    listsUntagged: true,
    read: (options) => readAcrInventory(client, repository, options),
    look: async (before, { deletedTags: _, ...options }) => {
      const fresh = await readAcrInventory(client, repository, options, { inventory: before, deleted });
      const tags = fresh.flatMap(({ digest, tags: own }) => own.map((tag) => [tag, digest] as const));
      return compareLooks(before, new Map(tags), fresh);
    },
    resolve: (reference, options) => resolveKnown(store, reference, options),
    remove: async (manifest, options) => {
      if (manifest.locks.length > 0) {
        await unlock(client, repository, manifest, options);
        await checkTags(store, manifest, options);
      }
      await deleteFrom(store, manifest, options);
      deleted.add(manifest.digest);
    },
  };
}

async function unlock(
  client: AcrClient,
  repository: string,
  { digest, locks }: InventoryManifest,
  options: CallOptions,
): Promise<void> {
  const unlocked = { canDelete: true, canWrite: true };
  for (const lock of locks) {
    if (lock.on === "tag") await client.updateTagProperties(repository, lock.tag, unlocked, options);
    else await client.updateManifestProperties(repository, digest, unlocked, options);
  }
}

/** @throws {StoreError} TARGET_MOVED where a tag was moved while the manifest was unlocked. */
async function checkTags(store: Store, { digest, tags }: InventoryManifest, options: CallOptions): Promise<void> {
  for (const tag of tags) {
    if ((await resolveKnown(store, tag, options)) === digest) continue;
    const detail = `its tag "${tag}" was moved or deleted while it was unlocked`;
    throw new StoreError(
      "TARGET_MOVED",
      `Cannot delete "${digest}" from "${store.name}": ${detail}; it is unlocked now`,
    );
  }
}

async function deleteFrom(
  store: Pick<Required<Store>, "delete">,
  { digest }: InventoryManifest,
  options: CallOptions,
): Promise<void> {
  try {
    await store.delete({ mediaType: OCI_MANIFEST, digest, size: 0 }, options);
  } catch (error) {
    // Some registries delete referrers with their subject.
    if (!(error instanceof StoreError) || error.code !== "MANIFEST_UNKNOWN") throw error;
  }
}
