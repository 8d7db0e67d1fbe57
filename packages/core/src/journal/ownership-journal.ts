import type { Digest } from "../digest/digest.ts";

/** A mirror and one of its target repositories. */
export interface MirrorTarget {
  /**
   * Names the mirror: its file and its source. Two mirrors with different names share no records.
   */
  readonly mirror: string;
  /** The target repository with its host: `registry.example/team/app`. */
  readonly target: string;
}

/**
 * Why a tag is a mirror's own. `written`: the mirror put it. `equal`: the mirror found it equal to
 * its source.
 */
export type OwnedBecause = (typeof OWNED_BECAUSE)[number];

/** All of them. */
export const OWNED_BECAUSE = ["written", "equal"] as const;

/** A tag of a target that is a mirror's own, as long as it points to this digest. */
export interface OwnedTag {
  readonly tag: string;
  readonly digest: Digest;
  readonly because: OwnedBecause;
  /** When it was first recorded with this digest. */
  readonly recorded: number;
}

/**
 * The tags that mirrors own at their targets. Pruning deletes no tag without a record, so a lost
 * record keeps a tag. Unlike the rest of the journal it has no limit and no age: a record goes only
 * with its tag.
 */
export interface OwnershipJournal {
  /**
   * Records a tag with its digest. The same digest again changes nothing; another digest replaces
   * the record.
   */
  record(place: MirrorTarget, owned: Pick<OwnedTag, "tag" | "digest" | "because">): Promise<void>;
  /** The record of one tag. */
  find(place: MirrorTarget, tag: string): Promise<OwnedTag | undefined>;
  /** Every tag that the mirror owns at the target, in no particular order. */
  list(place: MirrorTarget): AsyncIterable<OwnedTag>;
  /** The tag is gone from the target: removes its record, unless it has another digest by now. */
  drop(place: MirrorTarget, tag: string, digest: Digest): Promise<void>;
  /** How many tags are recorded, of all mirrors. */
  count(): Promise<number>;
  /** Removes every record. Returns how many there were. */
  clear(): Promise<number>;
}
