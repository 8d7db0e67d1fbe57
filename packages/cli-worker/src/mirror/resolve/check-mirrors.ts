import type { Mirror, MirrorFile } from "../mirror-file.ts";
import type { Problem } from "../problem.ts";
import { findFeeds, findLoops } from "./find-loops.ts";
import { hasCatalogue, noCatalogue } from "./no-catalogue.ts";
import { hasPlaceholder, type TargetTemplate, type TemplatePart } from "./target-template.ts";

/** What is wrong with the mirrors of a file that no request is needed to see; and what its writer should know. */
export function checkMirrors({ mirrors }: MirrorFile): {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
} {
  const feeds = findFeeds(mirrors);
  const loops = findLoops(feeds);
  const looping = new Set(loops.flat());
  const problems = [
    ...mirrors.flatMap(checkCatalogue),
    ...mirrors.flatMap(checkTemplates),
    ...mirrors.flatMap(checkTwice),
    ...checkNamedWrites(mirrors),
    ...loops.map((loop) => {
      const [{ target, reader } = unreachable()] = loop;
      const others = loop.slice(1).map(({ writer }) => `${pathOf(writer)} (line ${writer.at.line})`);
      const through = others.length === 0 ? "" : `, through ${others.join(", ")}`;
      const whose = loop.length === 1 ? "its own source" : `its own source in the end${through}`;
      return {
        at: target.at,
        path: loop.length === 1 ? pathOf(reader) : pathOf(loop[0]?.writer ?? reader),
        message: `a loop: ${JSON.stringify(target.text)} feeds ${whose}`,
      };
    }),
  ];
  const warnings = feeds
    .filter((feed) => !looping.has(feed) && feed.reader.index !== feed.writer.index)
    .map(({ writer, target, reader }) => ({
      at: reader.from.at,
      path: pathOf(reader),
      message: `it reads what ${pathOf(writer)} writes (${JSON.stringify(target.text)}): what is new there may arrive here one run later`,
    }));
  return { problems, warnings };
}

function pathOf({ index }: Mirror): string {
  return `mirrors[${index}]`;
}

function checkCatalogue(mirror: Mirror): readonly Problem[] {
  const { from } = mirror;
  if (from.repositories !== undefined || hasCatalogue(from.host)) return [];
  return [noCatalogue(mirror)];
}

/** Whether several sources would have one target. */
function checkTemplates(mirror: Mirror): readonly Problem[] {
  const { from, tags, to } = mirror;
  const manyRepositories = from.repositories === undefined || from.repositories.length > 1;
  const manyTags = from.digest === undefined && (tags.listed || tags.names.length > 1);
  return to.flatMap((target) => {
    const wrong = (message: string): Problem => ({ at: target.at, path: `${pathOf(mirror)}.to`, message });
    const names = [...target.repository, ...target.tag];
    if (manyRepositories && !names.some(isOfRepository)) {
      return [
        wrong(
          `${JSON.stringify(target.text)} is one repository for all of ${JSON.stringify(from.text)}: add {match} or {repository}`,
        ),
      ];
    }
    if (manyTags && !hasPlaceholder(target.tag, "tag")) {
      return [wrong(`${JSON.stringify(target.text)} is one tag for several: add {tag}, or leave its tag out`)];
    }
    return [];
  });
}

function isOfRepository(part: TemplatePart): boolean {
  return typeof part !== "string" && (part.placeholder === "match" || part.placeholder === "repository");
}

function checkTwice(mirror: Mirror): readonly Problem[] {
  const seen = new Set<string>();
  return mirror.to.flatMap((target) => {
    const key = `${target.host}/${JSON.stringify([target.repository, target.tag])}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ at: target.at, path: `${pathOf(mirror)}.to`, message: `${JSON.stringify(target.text)} is there twice` }];
  });
}

/** Tags that are written out, and written by two mirrors. */
function checkNamedWrites(mirrors: readonly Mirror[]): readonly Problem[] {
  const writers = new Map<string, Mirror>();
  return mirrors.flatMap((mirror) =>
    mirror.to.flatMap((target) =>
      writtenOut(mirror, target).flatMap((name) => {
        const other = writers.get(name);
        if (other === undefined || other === mirror) {
          writers.set(name, mirror);
          return [];
        }
        const message = `${name} is written by ${pathOf(other)} too (line ${other.at.line}): one tag has one source`;
        return [{ at: target.at, path: `${pathOf(mirror)}.to`, message }];
      }),
    ),
  );
}

function writtenOut({ from, tags, to: _ }: Mirror, target: TargetTemplate): readonly string[] {
  if (target.repository.some((part) => typeof part !== "string")) return [];
  if (from.digest === undefined && tags.names.length === 0) return [];
  if (target.tag.some((part) => typeof part !== "string" && part.placeholder !== "tag")) return [];
  const names = from.digest === undefined ? tags.names : hasPlaceholder(target.tag, "tag") ? [] : [""];
  return names.map(
    (name) =>
      `${target.host}/${target.repository.join("")}:${target.tag.map((part) => (typeof part === "string" ? part : name)).join("")}`,
  );
}

function unreachable(): never {
  throw new Error("A loop has at least one part");
}
