import { type Platform, parsePlatform } from "@tranship/core";
import type { Mirror, MirrorPrune } from "../mirror-file.ts";
import type { MirrorDocument, MirrorEntry } from "./document-schema.ts";
import { entriesOf } from "./one-or-more.ts";
import { readSource } from "./read-source.ts";
import { onlyTags, readTags } from "./read-tags.ts";
import { readTarget } from "./read-target.ts";
import type { Reading } from "./reading.ts";
import type { Path } from "./yaml-file.ts";

/** What one run may delete in a mirror where the file doesn't say. */
const MAX_DELETE = 50;

type Settings = NonNullable<MirrorDocument["defaults"]>;

/** Reads a mirror, with the file's defaults for what it doesn't say. Undefined where something is wrong that the rest depends on. */
export function readMirror(
  reading: Reading,
  index: number,
  { entry, defaults }: { readonly entry: MirrorEntry; readonly defaults: Settings },
): Mirror | undefined {
  const path: Path = ["mirrors", index];
  /** Where a setting is written: in the mirror, or in the defaults. */
  const pathOf = (key: keyof Settings): Path => (entry[key] === undefined ? ["defaults", key] : [...path, key]);
  const named = readSource(reading, entry, path);
  const to = entriesOf(entry.to, [...path, "to"]).flatMap(([text, at]) => readTarget(reading, text, at) ?? []);
  const tagsDocument = entry.tags ?? defaults.tags;
  const rules = readTags(reading, tagsDocument, tagsDocument === undefined ? path : pathOf("tags"));
  const platforms = readPlatforms(reading, entry.platforms ?? defaults.platforms, pathOf("platforms"));
  const sparse = entry.sparse ?? defaults.sparse ?? false;
  const alone = entry.sparse === true ? "sparse" : entry.missingPlatforms === "skip" ? "missingPlatforms" : undefined;
  if (alone !== undefined && platforms === undefined) {
    reading.wrong([...path, alone], "it is for platforms, and none are chosen: add platforms, or leave it out");
  }
  if (named === undefined || to.length === 0) return undefined;
  const { source, tag } = named;
  const single = tag !== undefined || source.digest !== undefined;
  if (single && entry.tags !== undefined) {
    const what = tag === undefined ? "a digest" : `the tag ${JSON.stringify(tag)}`;
    reading.wrong([...path, "tags"], `from has ${what} already: leave one of them out`);
  }
  return {
    index,
    at: reading.at(path),
    from: source,
    to,
    tags: single ? onlyTags(tag === undefined ? [] : [tag], reading.at([...path, "from"])) : rules,
    platforms,
    missingPlatforms: entry.missingPlatforms ?? defaults.missingPlatforms ?? "fail",
    sparse: sparse && platforms !== undefined,
    referrers: entry.referrers ?? defaults.referrers ?? false,
    cosignTags: entry.cosignTags ?? defaults.cosignTags ?? false,
    prune: readPrune(entry.prune ?? defaults.prune),
  };
}

function readPlatforms(reading: Reading, document: Settings["platforms"], path: Path): readonly Platform[] | undefined {
  if (document === undefined || document === "all") return undefined;
  return entriesOf(document, path).flatMap(([text, at]) => reading.try(at, () => parsePlatform(text)) ?? []);
}

function readPrune(document: Settings["prune"]): MirrorPrune | undefined {
  if (document === undefined || document === false) return undefined;
  const { maxDelete = MAX_DELETE, ownership = "record" } = document === true ? {} : document;
  return { maxDelete, ownership };
}
