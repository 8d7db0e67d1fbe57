import { type Descriptor, type Store, StoreError } from "@tranship/core";

/** What not every store can do. */
export type StoreFeature =
  | "referrers"
  | "sha512"
  | "tags"
  | "delete"
  | "delete blob"
  | "untag"
  | "refuse layers as manifests";

/** What the cases work with. */
export interface Suite {
  /** The store of the test that runs. */
  readonly store: Store;
  leftovers(): Promise<readonly string[]>;
  openHandles(): Promise<number | undefined>;
  /** A test that is skipped, with the reason, where the store lacks the feature. */
  itWith(feature: StoreFeature, title: string, test: () => Promise<void>): void;
  /** The content is not there, nor any part of it. */
  expectNothingOf(descriptor: Descriptor): Promise<void>;
}

/** The content from an offset, as it comes: not verified. */
export async function readAll(store: Store, descriptor: Descriptor, offset = 0, signal?: AbortSignal): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await store.fetch(descriptor, { offset, signal })) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What a method lists; nothing where the store lacks the method. */
export async function collect<T>(values: AsyncIterable<T> | undefined): Promise<T[]> {
  return values === undefined ? [] : Array.fromAsync(values);
}

/** A registry does not know a repository that has no tag, or has never been pushed to. */
export async function tagsOf(store: Store): Promise<string[]> {
  try {
    return await collect(store.tags?.());
  } catch (error) {
    if (error instanceof StoreError && error.code === "NAME_UNKNOWN") return [];
    throw error;
  }
}
