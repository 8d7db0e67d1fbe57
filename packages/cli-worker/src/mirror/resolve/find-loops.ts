import { choosableTags } from "@tranship/copy";
import type { Mirror } from "../mirror-file.ts";
import { type NamePattern, patternsOverlap } from "./name-overlap.ts";
import { registryKey } from "./one-registry.ts";
import { formatPattern } from "./repository-pattern.ts";
import { hasPlaceholder, hostValue, type TargetTemplate, type TemplatePart } from "./target-template.ts";

/** A mirror that writes what another one, or itself, reads. */
export interface Feed {
  readonly writer: Mirror;
  readonly target: TargetTemplate;
  readonly reader: Mirror;
}

/** Which mirror writes what which mirror reads, as far as the file shows it. */
export function findFeeds(mirrors: readonly Mirror[]): readonly Feed[] {
  const readers = Map.groupBy(mirrors, ({ from }) => registryKey(from.host));
  return mirrors.flatMap((writer) =>
    writer.to.flatMap((target) =>
      (readers.get(registryKey(target.host)) ?? [])
        .filter((reader) => feeds(writer, target, reader))
        .map((reader) => ({ writer, target, reader })),
    ),
  );
}

/** The feeds that lead back to where they began: each in a circle of them. The first of each circle found, in the order of the file. */
export function findLoops(feeds: readonly Feed[]): readonly (readonly Feed[])[] {
  const byWriter = Map.groupBy(feeds, ({ writer }) => writer);
  const done = new Set<Mirror>();
  const loops: (readonly Feed[])[] = [];
  for (const start of byWriter.keys()) {
    if (done.has(start)) continue;
    const loop = pathBack(start, byWriter);
    if (loop === undefined) continue;
    loops.push(loop);
    for (const { writer } of loop) done.add(writer);
  }
  return loops;
}

/** The shortest way from a mirror back to itself. */
function pathBack(start: Mirror, byWriter: ReadonlyMap<Mirror, readonly Feed[]>): readonly Feed[] | undefined {
  const ways = new Map<Mirror, readonly Feed[]>([[start, []]]);
  // What is added while a Map is iterated is visited too.
  for (const [mirror, way] of ways) {
    for (const feed of byWriter.get(mirror) ?? []) {
      if (feed.reader === start) return [...way, feed];
      if (!ways.has(feed.reader)) ways.set(feed.reader, [...way, feed]);
    }
  }
  return undefined;
}

function feeds(writer: Mirror, target: TargetTemplate, reader: Mirror): boolean {
  const written = writtenRepositories(writer, target);
  const read = readRepositories(reader);
  if (!written.some((name) => read.some((other) => patternsOverlap(name, other)))) return false;
  return tagsOverlap(writer, target, reader);
}

function readRepositories({ from }: Mirror): readonly NamePattern[] {
  return from.repositories ?? [formatPattern(from.pattern)];
}

/** What a template may stand for; a single name where the source's is known. */
export function writtenRepositories({ from }: Mirror, { repository }: TargetTemplate): readonly NamePattern[] {
  const host = hostValue(from.host);
  const { prefix, suffix, wildcard } = from.pattern;
  const names = from.repositories ?? ["*"];
  return names.map((name) => {
    const known = from.repositories !== undefined;
    const match = !known
      ? "*"
      : wildcard
        ? name.slice(prefix.length, name.length - suffix.length)
        : name.slice(name.lastIndexOf("/") + 1);
    const whole = known ? name : formatPattern(from.pattern);
    return repository.map((part) => fillPart(part, { host, match, whole })).join("");
  });
}

function fillPart(
  part: TemplatePart,
  { host, match, whole }: { readonly host: string; readonly match: string; readonly whole: string },
): string {
  if (typeof part === "string") return part;
  if (part.placeholder === "repository") return whole;
  return part.placeholder === "host" ? host : match;
}

/** Whether a tag that is written can be one that is read. */
function tagsOverlap(writer: Mirror, { tag }: TargetTemplate, reader: Mirror): boolean {
  if (reader.from.digest !== undefined) return false;
  if (tag.some((part) => typeof part !== "string" && part.placeholder !== "tag")) return true;
  // What is in the repository already is what is written to it, under its own name.
  const written = hasPlaceholder(tag, "tag") ? (writer.tags.listed ? undefined : writer.tags.names) : [""];
  if (written === undefined) return true;
  const names = written.map((name) => tag.map((part) => (typeof part === "string" ? part : name)).join(""));
  return choosableTags(reader.tags, names).size > 0;
}
