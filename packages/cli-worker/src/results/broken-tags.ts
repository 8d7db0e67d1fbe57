/** The option of the commands that delete: `BrokenTagsFlags`. */
export const IGNORE_BROKEN_TAGS: readonly [flags: string, description: string] = [
  "--ignore-broken-tags",
  "go on where a tag is listed and has no manifest (default: nothing is deleted in its repository)",
];

export interface BrokenTagsFlags {
  /** Whether tags that are listed and have no manifest do not keep others from deletion. */
  readonly ignoreBrokenTags?: boolean | undefined;
}
