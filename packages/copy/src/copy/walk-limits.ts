import { type Descriptor, type Digest, quoted, StoreError } from "@tranship/core";

/** How deep indexes, or referrers of referrers, may be nested: real images need 3. */
export const MAX_DEPTH = 32;

/** How many entries the indexes and images below one root may have in all. */
export const MAX_ENTRIES = 100_000;

/**
 * The limits of one walk from a root down. A walk remembers the digests that it has met, since a few kilobytes
 * of indexes that name each other can have more paths than there are atoms; these limits end what no memory helps
 * against, such as a registry that makes up another level for each that is read.
 */
export class WalkLimits {
  readonly #root: Digest;
  readonly #counted = new Set<Digest>();
  #entries = 0;

  constructor(root: Digest) {
    this.#root = root;
  }

  /**
   * A manifest is read, or walked, that is so many levels below the root and names so many others. What it names
   * counts once.
   * @throws {StoreError} MANIFEST_INVALID where that is over a limit.
   */
  enter({ digest }: Pick<Descriptor, "digest">, depth: number, entries: number): void {
    if (depth > MAX_DEPTH) {
      const detail = `${quoted(digest)} is nested deeper than ${MAX_DEPTH} levels`;
      throw new StoreError("MANIFEST_INVALID", `Cannot walk the content of ${quoted(this.#root)}: ${detail}`);
    }
    if (this.#counted.has(digest)) return;
    this.#counted.add(digest);
    this.#entries += entries;
    if (this.#entries <= MAX_ENTRIES) return;
    const detail = `it has more than ${MAX_ENTRIES} entries in all`;
    throw new StoreError("MANIFEST_INVALID", `Cannot walk the content of ${quoted(this.#root)}: ${detail}`);
  }
}
