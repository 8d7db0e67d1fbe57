import type { VersionRange } from "./version.ts";

/** Which tags of a repository are meant. Without any rule: every tag, but never a digest tag (`sha256-…`). */
export interface TagRules {
  /** Named one by one: they are never looked up in a list, and one that is not there is a failure. In addition to what the filters choose. */
  readonly names: readonly string[];
  /** Whether the list of tags has to be read: there is a filter, or nothing is said at all. */
  readonly listed: boolean;
  /** Filters of a listed tag: each that is given must fit; of a list, one entry must. */
  readonly glob: readonly TagPattern[] | undefined;
  readonly regex: readonly TagPattern[] | undefined;
  readonly semver: VersionRange | undefined;
  /** What is never meant, whatever the other filters say. */
  readonly exclude: readonly TagPattern[];
  /** Keep this many of what is left. */
  readonly newest: number | undefined;
  /** Keep what is newer. Undefined where all ages will do. */
  readonly newerThan: NewerThan | undefined;
  /** Where a tag's time is from: `created` reads the config of each image that is considered. Undefined: the registry's own list. */
  readonly by: "created" | undefined;
  /** Tags that never move: one that the target has is not asked for. */
  readonly immutable: readonly TagPattern[];
}

/** A glob or a regular expression for whole tags. */
export interface TagPattern {
  /** As it was written. */
  readonly text: string;
  /** Those of the tags that fit, in their order. @throws {SyntaxError} for a regular expression that takes for ever. */
  select(tags: readonly string[]): readonly string[];
}

/** An age before now, in ms, or a moment. */
export type NewerThan = { readonly ageMs: number } | { readonly time: Date };

/** Every tag that is listed. To be spread into rules that say more. */
export const EVERY_TAG: TagRules = {
  names: [],
  listed: true,
  glob: undefined,
  regex: undefined,
  semver: undefined,
  exclude: [],
  newest: undefined,
  newerThan: undefined,
  by: undefined,
  immutable: [],
};
