import { globPattern, isGlob } from "@tranship/copy";
import { DOCKER_HUB, parseDigest, parseHost, parseRepositoryName, parseTag } from "@tranship/core";
import type { MirrorSource } from "../mirror-file.ts";
import {
  fillPattern,
  matchRepository,
  parseRepositoryPattern,
  type RepositoryPattern,
} from "../resolve/repository-pattern.ts";
import type { MirrorEntry } from "./document-schema.ts";
import { entriesOf } from "./one-or-more.ts";
import type { Reading } from "./reading.ts";
import { splitImage } from "./split-image.ts";
import type { Path } from "./yaml-file.ts";

/** A source, and the tag that it names itself. */
export interface NamedSource {
  readonly source: MirrorSource;
  readonly tag: string | undefined;
}

/** Reads `from`, with `repositories` and `excludeRepositories` beside it. */
export function readSource(reading: Reading, entry: MirrorEntry, path: Path): NamedSource | undefined {
  return reading.try([...path, "from"], () => {
    const parts = splitImage(entry.from, "from");
    const host = parseHost(parts.host);
    const pattern = inLibrary(host, parseRepositoryPattern(parts.repository));
    const tag = parts.tag === undefined ? undefined : parseTag(parts.tag);
    const digest = parts.digest === undefined ? undefined : parseDigest(parts.digest);
    if (pattern.wildcard) checkWildcard(pattern);
    else parseRepositoryName(pattern.prefix);
    if (pattern.wildcard && digest !== undefined)
      throw new SyntaxError("a digest is of one repository, and * stands for many");
    if (tag !== undefined && digest !== undefined) {
      throw new SyntaxError(
        `${JSON.stringify(entry.from)} has both a tag and a digest: write the digest here, and the tag in to`,
      );
    }
    const source: MirrorSource = {
      text: entry.from,
      at: reading.at([...path, "from"]),
      host,
      pattern,
      ...repositoriesOf(reading, entry, path, pattern),
      digest,
    };
    return { source, tag };
  });
}

/** On Docker Hub a name of one part is in `library/`. */
function inLibrary(host: string, pattern: RepositoryPattern): RepositoryPattern {
  if (host !== DOCKER_HUB || pattern.wildcard || pattern.prefix.includes("/")) return pattern;
  return { ...pattern, prefix: `library/${pattern.prefix}` };
}

function checkWildcard(pattern: RepositoryPattern): void {
  // Whatever the * stands for, the rest has to be able to be a name.
  parseRepositoryName(fillPattern(pattern, "x"));
}

function repositoriesOf(
  reading: Reading,
  entry: MirrorEntry,
  path: Path,
  pattern: RepositoryPattern,
): Pick<MirrorSource, "repositories" | "accepts"> {
  const chosen = entriesOf(entry.repositories, [...path, "repositories"]);
  const excluding = entriesOf(entry.excludeRepositories, [...path, "excludeRepositories"]);
  if (!pattern.wildcard) {
    if (chosen.length + excluding.length > 0) {
      const key = chosen.length === 0 ? "excludeRepositories" : "repositories";
      reading.wrong(
        [...path, key],
        `from names one repository: write HOST/* or HOST/NAMESPACE/* there, or leave ${key} out`,
      );
    }
    return { repositories: [pattern.prefix], accepts: () => true };
  }
  const globs = (entries: typeof chosen) =>
    entries.flatMap(([text, at]) => reading.try(at, () => globPattern(text)) ?? []);
  const excluded = globs(excluding);
  const wanted = chosen.some(([text]) => isGlob(text)) ? globs(chosen) : undefined;
  const accepts = (repository: string): boolean => {
    const match = matchRepository(pattern, repository);
    // A glob is for what the * stands for, or for the whole name.
    const fits = (glob: { matches(name: string): boolean }): boolean =>
      match !== undefined && (glob.matches(match) || glob.matches(repository));
    return match !== undefined && !excluded.some(fits) && (wanted === undefined || wanted.some(fits));
  };
  if (chosen.length === 0 || wanted !== undefined) return { repositories: undefined, accepts };
  const names: string[] = [];
  for (const [text, at] of chosen) {
    const name = reading.try(at, () => parseRepositoryName(fillPattern(pattern, parseRepositoryName(text))));
    if (name === undefined) continue;
    if (names.includes(name)) reading.wrong(at, `${JSON.stringify(text)} is there twice`);
    names.push(name);
  }
  return { repositories: names.filter(accepts), accepts };
}
