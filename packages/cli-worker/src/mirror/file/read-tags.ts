import {
  EVERY_TAG,
  globPattern,
  isGlob,
  type NewerThan,
  parseVersionRange,
  regexPattern,
  type TagPattern,
} from "@tranship/copy";
import { parseRfc3339, parseTag, subjectOfTag } from "@tranship/core";
import { parseAge } from "../../arguments/age.ts";
import type { MirrorTags } from "../mirror-file.ts";
import type { Position } from "../problem.ts";
import type { TagsDocument } from "./document-schema.ts";
import { entriesOf } from "./one-or-more.ts";
import type { Reading } from "./reading.ts";
import type { Path } from "./yaml-file.ts";

type Filters = Exclude<TagsDocument, string | readonly string[]>;

/** Reads the rules of `tags`; without them every tag is meant. @param path of `tags`, or of the mirror where it has none. */
export function readTags(reading: Reading, document: TagsDocument | undefined, path: Path): MirrorTags {
  if (document === undefined) return { ...EVERY_TAG, at: reading.at(path) };
  if (typeof document === "string" || Array.isArray(document)) return readShort(reading, document, path);
  return readFilters(reading, document, path);
}

/** A rule for the tags that are named here and no other. */
export function onlyTags(names: readonly string[], at: Position): MirrorTags {
  return { ...EVERY_TAG, at, names, listed: false };
}

/** Tags and globs in a list: a tag is copied whether a list has it or not, a glob chooses from the list. */
function readShort(reading: Reading, document: string | readonly string[], path: Path): MirrorTags {
  const entries = entriesOf(document, path);
  const names = entries.flatMap(([text, at]) => (isGlob(text) ? [] : readName(reading, text, at)));
  const globs = entries.filter(([text]) => isGlob(text));
  const glob = globs.flatMap(([text, at]) => reading.try(at, () => globPattern(text)) ?? []);
  return {
    ...EVERY_TAG,
    at: reading.at(path),
    names,
    listed: globs.length > 0,
    glob: globs.length > 0 ? glob : undefined,
  };
}

function readFilters(reading: Reading, document: Filters, path: Path): MirrorTags {
  const { newest, by } = document;
  const patterns = (key: keyof Filters & string, read: (text: string) => TagPattern): readonly TagPattern[] => {
    const value = document[key];
    if (value === undefined || typeof value === "number") return [];
    return entriesOf(value, [...path, key]).flatMap(([text, at]) => reading.try(at, () => read(text)) ?? []);
  };
  const names = entriesOf(document.names, [...path, "names"]).flatMap(([text, at]) => readName(reading, text, at));
  const exclude = [...patterns("exclude", globPattern), ...patterns("excludeRegex", regexPattern)];
  const { semver: range, newerThan } = document;
  const filters = [document.glob, document.regex, range, newest, newerThan];
  const filtered = filters.some((filter) => filter !== undefined);
  if (!filtered && names.length === 0 && exclude.length === 0 && document.immutable === undefined) {
    reading.wrong(
      path,
      "an empty filter: expected glob, regex, semver, newest, newerThan, names or exclude; for every tag leave tags out",
    );
  }
  const dated = newerThan !== undefined || (newest !== undefined && range === undefined);
  if (by !== undefined && !dated) {
    reading.wrong([...path, "by"], "it has nothing to order: expected newerThan, or newest without semver, beside it");
  }
  for (const [index, name] of names.entries()) {
    const excluded = exclude.find((pattern) => pattern.select([name]).length > 0);
    if (excluded === undefined) continue;
    const at = Array.isArray(document.names) ? [...path, "names", index] : [...path, "names"];
    reading.wrong(
      at,
      `the tag ${JSON.stringify(name)} is named here, and excluded by ${JSON.stringify(excluded.text)}`,
    );
  }
  return {
    at: reading.at(path),
    names,
    listed: filtered || names.length === 0,
    glob: document.glob === undefined ? undefined : patterns("glob", globPattern),
    regex: document.regex === undefined ? undefined : patterns("regex", regexPattern),
    semver: range === undefined ? undefined : reading.try([...path, "semver"], () => parseVersionRange(range)),
    exclude,
    newest,
    newerThan:
      newerThan === undefined ? undefined : reading.try([...path, "newerThan"], () => readNewerThan(newerThan)),
    by,
    immutable: patterns("immutable", globPattern),
  };
}

function readName(reading: Reading, text: string, path: Path): readonly string[] {
  const name = reading.try(path, () => {
    if (isGlob(text))
      throw new SyntaxError(`${JSON.stringify(text)} is a glob, and a tag is expected: write it below glob`);
    if (subjectOfTag(text) !== undefined) {
      throw new SyntaxError(
        `${JSON.stringify(text)} is made of a digest: such tags follow what they are about, see cosignTags and referrers`,
      );
    }
    return parseTag(text);
  });
  return name === undefined ? [] : [name];
}

function readNewerThan(text: string): NewerThan {
  if (/^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})?)?$/.test(text)) {
    const time = parseRfc3339(text);
    if (time !== undefined) return { time };
  }
  try {
    return { ageMs: parseAge(text) };
  } catch (cause) {
    throw new SyntaxError(
      `${JSON.stringify(text)} is neither an age such as 30d (m, h, d, w) nor a date such as 2026-01-31`,
      { cause },
    );
  }
}
