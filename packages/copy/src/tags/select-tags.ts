import { type ListedTag, subjectOfTag } from "@tranship/core";
import type { TagPattern, TagRules } from "./tag-rules.ts";
import { versionOf } from "./version.ts";

/** What of a list is chosen. */
export interface TagSelection {
  readonly tags: readonly string[];
  /** Tags that fit and have no time, where the choice is by time: nobody can tell whether they are among the newest. */
  readonly undated: readonly string[];
  /** What the user should know: a filter that matches nothing. */
  readonly warnings: readonly string[];
}

/**
 * The listed tags that the filters leave, before `newest` and `newerThan`: exclude, then glob, regex and semver. Digest tags are none: they follow what they are about.
 * In the list's order, each once; no request.
 */
export function matchTags(listed: readonly ListedTag[], rules: TagRules): readonly ListedTag[] {
  if (!rules.listed) return [];
  const byName = new Map(listed.map((tag) => [tag.name, tag]));
  let names = [...byName.keys()].filter((name) => subjectOfTag(name) === undefined);
  const excluded = anyOf(rules.exclude, names);
  names = names.filter((name) => !excluded.has(name));
  for (const patterns of [rules.glob, rules.regex]) {
    if (patterns === undefined) continue;
    const fits = anyOf(patterns, names);
    names = names.filter((name) => fits.has(name));
  }
  const { semver } = rules;
  if (semver !== undefined) names = names.filter((name) => isIn(name, semver));
  return names.flatMap((name) => byName.get(name) ?? []);
}

/**
 * Where the times are from that the rest of the rules needs: from nowhere, from the list, from each image (`by: created`); or `missing`: the registry lists none, and
 * the file doesn't say `by: created`. No time is needed for `newest` by versions, nor where there are no more tags than it keeps.
 */
export function timesFor(
  matched: readonly ListedTag[],
  { newest, newerThan, semver, by }: TagRules,
): "none" | "listed" | "created" | "missing" {
  const forNewest = newest !== undefined && semver === undefined && matched.length > newest;
  if (matched.length === 0 || (newerThan === undefined && !forNewest)) return "none";
  if (by === "created") return "created";
  return matched.some(({ time }) => time !== undefined) ? "listed" : "missing";
}

/**
 * Chooses the tags of a repository: exclude, then match, then newer than, then newest; and those that are named. `newest` orders by version where there is `semver`, else
 * by time. What `timesFor` calls `created` has to be read before, into `time`; a tag without a time is not chosen, and `undated`.
 */
export function selectTags(
  listed: readonly ListedTag[],
  rules: TagRules,
  { nowMs }: { readonly nowMs: number },
): TagSelection {
  const matched = matchTags(listed, rules);
  const since = sinceMs(rules, nowMs);
  const young =
    since === undefined ? matched : matched.filter(({ time }) => time !== undefined && time.getTime() > since);
  const chosen = newest(young, rules);
  const tags = [...new Set([...rules.names, ...chosen.map(({ name }) => name)])];
  const undated = timesFor(matched, rules) === "none" ? [] : matched.filter(({ time }) => time === undefined);
  return { tags, undated: undated.map(({ name }) => name), warnings: warningsFor(listed, matched, young, rules) };
}

/** The tags that never move. */
export function immutableTags({ immutable }: TagRules, tags: readonly string[]): ReadonlySet<string> {
  return anyOf(immutable, tags);
}

/** Of the tags those that these rules could ever choose, whatever else is listed: for pruning. Of `newest` and `newerThan` it knows nothing. */
export function choosableTags(rules: TagRules, tags: readonly string[]): ReadonlySet<string> {
  const matched = matchTags(
    tags.map((name) => ({ name })),
    rules,
  );
  return new Set([...tags.filter((tag) => rules.names.includes(tag)), ...matched.map(({ name }) => name)]);
}

function newest(tags: readonly ListedTag[], { newest: count, semver }: TagRules): readonly ListedTag[] {
  if (count === undefined || tags.length <= count) return tags;
  const dated = semver === undefined ? tags.filter(({ time }) => time !== undefined) : tags;
  return dated.toSorted(semver === undefined ? byTime : byVersion).slice(0, count);
}

function sinceMs({ newerThan }: TagRules, nowMs: number): number | undefined {
  if (newerThan === undefined) return undefined;
  return "ageMs" in newerThan ? nowMs - newerThan.ageMs : newerThan.time.getTime();
}

function anyOf(patterns: readonly TagPattern[], names: readonly string[]): ReadonlySet<string> {
  return new Set(patterns.flatMap((pattern) => pattern.select(names)));
}

/** A pre-release is in a range only where the range names one of the same version. */
function isIn(name: string, range: NonNullable<TagRules["semver"]>): boolean {
  const version = versionOf(name);
  return version !== undefined && range.test(version.version);
}

/** The newest first; of the same version the tag that says more of it: 3.20.0 before 3.20. */
function byVersion(a: ListedTag, b: ListedTag): number {
  const [left, right] = [versionOf(a.name), versionOf(b.name)];
  const order = left === undefined || right === undefined ? 0 : right.compare(left.version);
  return order !== 0 ? order : b.name.length - a.name.length || byName(a, b);
}

/** The newest first; of the same time the higher tag: v10 before v9. */
function byTime(a: ListedTag, b: ListedTag): number {
  return (b.time?.getTime() ?? 0) - (a.time?.getTime() ?? 0) || byName(a, b);
}

function byName(a: ListedTag, b: ListedTag): number {
  return b.name.localeCompare(a.name, "en", { numeric: true }) || (a.name < b.name ? 1 : -1);
}

function warningsFor(
  listed: readonly ListedTag[],
  matched: readonly ListedTag[],
  young: readonly ListedTag[],
  rules: TagRules,
): readonly string[] {
  if (!rules.listed) return [];
  const names = listed.map(({ name }) => name).filter((name) => subjectOfTag(name) === undefined);
  const of = tagCount(names.length);
  if (names.length === 0) return ["the repository has no tags"];
  const patterns = [...(rules.glob ?? []), ...(rules.regex ?? [])];
  const idle = patterns.filter((pattern) => pattern.select(names).length === 0);
  const warnings = idle.map(({ text }) => `${JSON.stringify(text)} matches none of ${of}`);
  if (rules.semver !== undefined && !names.some((name) => versionOf(name) !== undefined)) {
    warnings.push(`none of ${of} is a version`);
  }
  if (matched.length === 0 && warnings.length === 0) warnings.push(`the filters leave none of ${of}`);
  if (matched.length > 0 && young.length === 0) warnings.push(`none of ${tagCount(matched.length)} is new enough`);
  return warnings;
}

/** `1 tag`, `3 tags`. */
function tagCount(count: number): string {
  return `${count} tag${count === 1 ? "" : "s"}`;
}
