import {
  type CallOptions,
  type IncompleteListError,
  type ListedTag,
  type ListResult,
  listedItems,
  readList,
  type Source,
  StoreError,
} from "@tranship/core";
import type { CopyRun } from "../run/run.ts";

/** What credentials that may push and not list get, and stores that have no list. */
const NO_LIST: ReadonlySet<string> = new Set(["DENIED", "UNAUTHORIZED", "UNSUPPORTED"]);

/** The tags that a store lists. Only a list whose end is proven shows that a tag is absent. Memory: about 150 bytes a tag. */
export class Listing {
  /** All tags of the store. Undefined where the list may lack some. */
  readonly all: ReadonlyMap<string, ListedTag> | undefined;
  /** Why the list may lack tags. Undefined where it is whole. */
  readonly doubt: IncompleteListError | undefined;
  readonly #tags: ReadonlyMap<string, ListedTag>;

  constructor(result: ListResult<ListedTag>) {
    this.#tags = new Map(listedItems(result).map((tag) => [tag.name, tag]));
    this.all = result.complete ? this.#tags : undefined;
    this.doubt = result.complete ? undefined : result.doubt;
  }

  /** What the list says of the tag. Undefined where the tag is not listed: see `lacks`. */
  get(name: string): ListedTag | undefined {
    return this.#tags.get(name);
  }

  /** Whether the store is proven not to have the tag. */
  lacks(name: string): boolean {
    return this.all !== undefined && !this.all.has(name);
  }

  /** Whether the store is proven to have no tag. */
  get isEmpty(): boolean {
    return this.all?.size === 0;
  }

  /** The tags that are listed, in the store's order. */
  get tags(): readonly ListedTag[] {
    return [...this.#tags.values()];
  }

  /** The listing with more known about some of its tags. */
  with(seen: readonly ListedTag[]): Listing {
    const items = [...new Map([...this.tags, ...seen].map((tag) => [tag.name, tag])).values()];
    return new Listing(
      this.doubt === undefined ? { complete: true, items } : { complete: false, partial: items, doubt: this.doubt },
    );
  }
}

/** What is listed. */
export type Listable = Pick<Source, "name" | "place" | "tags" | "listedTags">;

/**
 * The tags of a store, with digests and times where its lists have them.
 * @throws {TypeError} where the store has no list; {StoreError} NAME_UNKNOWN where there is no such repository.
 */
export async function readListing(store: Listable, run: CopyRun, call: CallOptions): Promise<Listing> {
  const slots = run.requestSlots(store);
  return slots(async () => {
    call.signal?.throwIfAborted();
    return new Listing(await readList(listTags(store, call)));
  });
}

async function* listTags(store: Listable, call: CallOptions): AsyncGenerator<ListedTag, void, void> {
  if (store.listedTags !== undefined) yield* store.listedTags(call);
  else if (store.tags !== undefined) for await (const name of store.tags(call)) yield { name };
  else throw new TypeError(`Cannot list the tags of "${store.name}": this kind of store has no list`);
}

/** What a target's list says. `exists`: whether there is such a repository. */
export interface TargetListing {
  readonly exists: boolean;
  /** Undefined where the target has no list, or lets us see none: each tag is then asked for. */
  readonly tags: Listing | undefined;
}

/** The tags of a target: none where the repository is not there. @throws {StoreError} where that can't be found out. */
export async function readTargetListing(store: Listable, run: CopyRun, call: CallOptions): Promise<TargetListing> {
  if (store.tags === undefined && store.listedTags === undefined) return { exists: true, tags: undefined };
  try {
    return { exists: true, tags: await readListing(store, run, call) };
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof StoreError && error.code === "NAME_UNKNOWN")
      return { exists: false, tags: new Listing({ complete: true, items: [] }) };
    if (error instanceof StoreError && NO_LIST.has(error.code)) return { exists: true, tags: undefined };
    throw error;
  }
}
