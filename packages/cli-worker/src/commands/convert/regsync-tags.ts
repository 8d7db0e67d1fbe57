import { literal, type MirrorDraft, type TagsDraft } from "./conversion.ts";
import { allowed, denied } from "./filters.ts";
import { messageOf } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";
import { fromGoRegex, globsOfRegex } from "./go-regex.ts";

const TAG_RULES: readonly string[] = ["allow", "deny", "semverRange"];

/** Which tags an entry of regsync chooses, by `tags` and `tagSets`. @throws {SyntaxError} where that can't be carried over. */
export function readTags(map: ForeignMap): { readonly tags?: TagsDraft } {
  const sets = map.take("tagSets")?.as("list").list() ?? [];
  const tags = map.take("tags");
  // regsync looks at `tags` only where it says something; an empty one of `tagSets` means all tags.
  const given = [...(tags === undefined || isEmptySet(tags) ? [] : [tags]), ...sets];
  const [first] = given;
  const draft = first === undefined ? {} : readTagSet(first);
  if (given.length > 1) first?.note("several sets of tags are not carried over together: only the first one is");
  return Object.keys(draft).length === 0 ? {} : { tags: draft };
}

function isEmptySet(value: ForeignValue): boolean {
  const entries = value.as("map").map().takeAll();
  return entries.every(([key, list]) => TAG_RULES.includes(key) && list.as("list").list().length === 0);
}

function readTagSet(value: ForeignValue): TagsDraft {
  const rules = value.as("map").map();
  const allow = allowed(rules.take("allow"), readRegex);
  const deny = denied(rules.take("deny"), readRegex);
  const semver = rules.take("semverRange")?.as("list").asTexts() ?? [];
  rules.refuseRest("the tags");
  return {
    ...(allow.length > 0 && { regex: allow }),
    ...(semver.length > 0 && { semver: semver.join(" || ") }),
    ...(deny.length > 0 && { excludeRegex: deny }),
  };
}

/** An expression for whole tags; undefined, and a note, where it can't be carried over. */
function readRegex(value: ForeignValue): readonly string[] | undefined {
  const text = value.text() ?? "";
  try {
    return [literal(fromGoRegex(text, "whole"))];
  } catch (error) {
    value.note(`the expression ${JSON.stringify(text)} is not carried over: ${messageOf(error)}`);
    return undefined;
  }
}

/** The same for repositories. */
function readGlobs(value: ForeignValue): readonly string[] | undefined {
  const text = value.text() ?? "";
  const found = globsOfRegex(text);
  if (found === undefined)
    value.note(`the expression ${JSON.stringify(text)} for repositories is not carried over: write it as a glob`);
  return found;
}

/** Which repositories an entry of regsync chooses. @throws {SyntaxError} where that can't be carried over. */
export function readRepos(map: ForeignMap): Pick<MirrorDraft, "repositories" | "excludeRepositories"> {
  const repos = map.take("repos")?.as("map").map();
  const allow = allowed(repos?.take("allow"), readGlobs);
  const deny = denied(repos?.take("deny"), readGlobs);
  repos?.refuseRest("the repos");
  return {
    ...(allow.length > 0 && !allow.includes("**") && { repositories: allow }),
    ...(deny.length > 0 && { excludeRepositories: deny }),
  };
}
