import type { Digest } from "../digest/digest.ts";
import type { BlobPlace } from "./blob-journal.ts";

/** A tag of a repository, as whom. */
export interface TagPlace extends BlobPlace {
  readonly tag: string;
}

/** What a tag last pointed at. */
export interface SeenTag {
  readonly digest: Digest;
  /** When that was. */
  readonly seen: number;
}

/** An index of which some platforms were chosen. */
export interface Rewrite {
  /** The index at the source. */
  readonly source: Digest;
  /** The choice, in a spelling that is always the same for the same choice. */
  readonly selection: string;
}

/** How many entries there are. */
export interface TagCounts {
  readonly tags: number;
  readonly rewrites: number;
  readonly buildTimes: number;
}

/**
 * What tags of sources pointed at, what became of an index when some of its platforms were chosen, and when images were built, which stands in their configs: an unchanged mirror costs no
 * GET for any of it.
 */
export interface TagJournal {
  /** The tag points at that digest, now. */
  seen(place: TagPlace, digest: Digest): Promise<void>;
  /** What it pointed at when it was last seen. */
  last(place: TagPlace): Promise<SeenTag | undefined>;
  /** The choice of platforms made that index out of the source's. */
  rewrote(rewrite: Rewrite, result: Digest): Promise<void>;
  /** The index that the choice of platforms made; undefined where that is not known. */
  result(rewrite: Rewrite): Promise<Digest | undefined>;
  /** The image, or index, was built at that time, in ms since 1970. */
  built(digest: Digest, time: number): Promise<void>;
  /** When it was built; undefined where that is not known. */
  buildTime(digest: Digest): Promise<number | undefined>;
  /** How much is remembered. */
  counts(): Promise<TagCounts>;
  /** Forgets everything. Gives how many entries there were. */
  clear(): Promise<number>;
}
