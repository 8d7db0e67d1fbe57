import { type CallOptions, type ListedTag, type Source, StoreError } from "@tranship/core";
import type { CopyRun } from "../run.ts";

/** The tags of a repository, by name. */
export type Listing = ReadonlyMap<string, ListedTag>;

/** What credentials that may push and not list get, and stores that have no list. */
const NO_LIST: ReadonlySet<string> = new Set(["DENIED", "UNAUTHORIZED", "UNSUPPORTED"]);

/**
 * Every tag of a store, with digests and times where its lists have them. Memory: about 150 bytes a tag.
 * @throws {TypeError} where the store has no list; {StoreError} NAME_UNKNOWN where there is no such repository.
 */
export async function readListing(
  store: Pick<Source, "name" | "place" | "tags" | "listedTags">,
  run: CopyRun,
  call: CallOptions,
): Promise<Listing> {
  const slots = run.requestSlots(store);
  return slots(async () => {
    call.signal?.throwIfAborted();
    if (store.listedTags !== undefined) {
      return new Map((await Array.fromAsync(store.listedTags(call))).map((tag) => [tag.name, tag]));
    }
    if (store.tags === undefined) throw new TypeError(`Cannot list the tags of "${store.name}": it has no list`);
    return new Map((await Array.fromAsync(store.tags(call))).map((name) => [name, { name }]));
  });
}

/** What a target's list says. `exists`: whether there is such a repository. */
export interface TargetListing {
  readonly exists: boolean;
  /** Undefined where the target has no list, or lets us see none: each tag is then asked for. */
  readonly tags: Listing | undefined;
}

/** The tags of a target: none where the repository is not there. @throws {StoreError} where that can't be found out. */
export async function readTargetListing(
  store: Pick<Source, "name" | "place" | "tags" | "listedTags">,
  run: CopyRun,
  call: CallOptions,
): Promise<TargetListing> {
  if (store.tags === undefined && store.listedTags === undefined) return { exists: true, tags: undefined };
  try {
    return { exists: true, tags: await readListing(store, run, call) };
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof StoreError && error.code === "NAME_UNKNOWN") return { exists: false, tags: new Map() };
    if (error instanceof StoreError && NO_LIST.has(error.code)) return { exists: true, tags: undefined };
    throw error;
  }
}
