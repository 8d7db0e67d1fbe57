import type { ChosenTags, CreatedTimes, TagRules } from "@tranship/copy";
import { matchTags, selectTags, timesFor } from "@tranship/copy";
import type { CallOptions, ListedTag, Source } from "@tranship/core";
import { FallbackSource } from "@tranship/core";
import { firstNames } from "../terminal/first-names.ts";
import { counted } from "../terminal/units.ts";

/** Tags that a message names. */
const NAMED = 3;

/**
 * Chooses tags from a source's list as the rules of a mirror say.
 * Requests: none, but with `by: created` those of `CreatedTimes` for each tag that the filters leave.
 * @throws {Error} where times are needed that the registry does not list.
 */
export async function chooseTags(
  rules: TagRules,
  name: string,
  {
    listed,
    source,
    call,
    created,
  }: {
    readonly listed: readonly ListedTag[];
    readonly source: Source;
    readonly call: CallOptions;
    readonly created: CreatedTimes;
  },
): Promise<ChosenTags> {
  const matched = matchTags(listed, rules);
  const times = timesFor(matched, rules);
  if (times === "missing") {
    throw new Error(
      `Cannot tell which tags of ${name} are the newest: the registry lists no times; write by: created to read them from the images (1 to 3 requests for each of ${counted(matched.length, "tag")}), or choose by semver`,
    );
  }
  const dated = times === "created" ? await created.of(matched, source, call) : { tags: listed, read: 0 };
  const { tags, undated, warnings } = selectTags(dated.tags, rules, { nowMs: Date.now() });
  const read = dated.read > 0 ? [`by: created read ${counted(dated.read, "image")}`] : [];
  const elsewhere = source instanceof FallbackSource ? source.listedElsewhere : undefined;
  const timeless =
    undated.length === 0 ? [] : [`${timelessTags(undated)}, and ${undated.length === 1 ? "is" : "are"} not chosen`];
  return {
    tags,
    ...(times === "created" && { seen: dated.tags }),
    notices: [...warnings, ...timeless, ...read].map((text) => `${name}: ${text}`),
    ...(undated.length > 0 && { incomplete: `${timelessTags(undated)}, so that nobody can tell what is old` }),
    ...(elsewhere !== undefined && {
      incomplete: `the list is from ${elsewhere}, since ${name} could not answer, and may lack tags`,
    }),
  };
}

/** `3 tags have no time: v1, v2, v3`. */
function timelessTags(tags: readonly string[]): string {
  return `${counted(tags.length, "tag")} ${tags.length === 1 ? "has" : "have"} no time: ${firstNames(tags, NAMED)}`;
}
