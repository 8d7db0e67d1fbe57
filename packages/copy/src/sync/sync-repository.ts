import type { CallOptions, ListedTag, Platform, Source } from "@tranship/core";
import type { MissingPlatforms } from "../run/platform-choice.ts";
import type { SyncStore } from "./sync-job.ts";

/** A repository that is kept in step with a source's, and how its tags are called. */
export interface SyncTarget {
  /** Where it is, as `SyncStores` opens it: `registry.example/app`, `oci:/images`. */
  readonly to: string;
  /** The target's tag for a source's; for a digest, that digest again where it gets no tag. Default: the same. @throws {SyntaxError} where that is no tag. */
  readonly tagOf?: ((tag: string) => string) | undefined;
  /** What is deleted there. Default: nothing. */
  readonly prune?: PruneOwned | undefined;
}

/**
 * Which tags are a mirror's own. `record`: those that the journal records as written by the mirror,
 * or found equal to their source, and that still point to the digest recorded then. `pattern`:
 * every tag that fits the mirror's selection, whoever wrote it.
 */
export type PruneOwnership = (typeof PRUNE_OWNERSHIPS)[number];

/** All of them. */
export const PRUNE_OWNERSHIPS = ["record", "pattern"] as const;

/** What a mirror may delete at a target. */
export interface PruneOwned {
  /**
   * Of the target's tags those that fit the mirror's selection, each with the source's tag that it
   * would be a copy of. No other one is touched. Which of them is chosen now does not matter here.
   */
  readonly owned: (targetTags: readonly string[]) => ReadonlyMap<string, string>;
  /** Which of these are the mirror's own; no other one is deleted. Default: `record`. */
  readonly ownership?: PruneOwnership | undefined;
  /** One object for all repositories of a mirror: what they delete together is held to it. */
  readonly limit: PruneLimit;
  /** Why nothing may be deleted there after all, such as that somebody else writes there too. It is said where something would be. Asked again when all repositories are planned. */
  readonly forbidden?: string | undefined;
}

/** How much a mirror may delete in one run. */
export interface PruneLimit {
  /** Tags. More deletes none of them. */
  readonly maxDelete: number;
  /** Whether a source that lists no more than half of what a target has of it is believed. Default: nothing is deleted there. One that lists nothing never is. */
  readonly allowShrunken?: boolean | undefined;
}

/** What was chosen of a list of tags. */
export interface ChosenTags {
  readonly tags: readonly string[];
  /** What some of them were just seen to stand for, where the choice had to look: they are not asked for again. */
  readonly seen?: readonly ListedTag[] | undefined;
  /** What the user should know: a filter that matches nothing, what was left out. */
  readonly notices?: readonly string[] | undefined;
  /** Why the list may lack tags that are there, such as that another registry gave it: then nothing is deleted. */
  readonly incomplete?: string | undefined;
}

/** Chooses tags from a source's list, which has no digest tags (`sha256-…`) in it. It may ask the source for more, such as times; `call` goes with each request, so that it is counted. */
export type ChooseTags = (
  listed: readonly ListedTag[],
  source: Source,
  call: CallOptions & { readonly signal: AbortSignal },
) => Promise<ChosenTags>;

/** A repository of a mirror and those that are kept in step with it. */
export interface SyncRepository {
  /** What plans, results and messages call the mirror that it belongs to. */
  readonly mirror: string;
  /** Where it is, as `SyncStores` opens it. */
  readonly from: string;
  readonly targets: readonly SyncTarget[];
  /** Tags, or digests, given by name, which are looked up in no list; or a choice from the source's list. */
  readonly tags: readonly string[] | ChooseTags;
  /** Of these tags those that never move: one that a target has is not asked for again. Default: none. */
  readonly immutable?: ((tags: readonly string[]) => ReadonlySet<string>) | undefined;
  /** Only these, as in `CopyOptions`. */
  readonly platforms?: readonly Platform[] | undefined;
  /** With `platforms`, as in `CopyOptions`: whether an image that lacks some of them fails. Default: it does. */
  readonly missingPlatforms?: MissingPlatforms | undefined;
  /** With `platforms`, as in `CopyOptions`: the index is kept as it is. Default: no. */
  readonly sparse?: boolean | undefined;
  /** Referrers go with their subjects. Default: no. */
  readonly referrers?: boolean | undefined;
  /** Cosign's tags (`sha256-….sig`, `.att`, `.sbom`) go with their subjects. Default: no. */
  readonly cosignTags?: boolean | undefined;
}

/** Opens the repositories that mirrors and plans name. The same name gives the same store. No request. */
export interface SyncStores {
  /** The repository of that name at the source. */
  source(name: string): Promise<Source>;
  /** The repository of that name at the target. What is to be pruned has to be readable: `open`. */
  target(name: string): Promise<SyncStore>;
}
