import { type ListResult, listedItems, type Repository, readList, StoreError } from "@tranship/core";
import { formatProblem, MirrorFileError, type Problem } from "../file/problem.ts";
import type { Mirror, MirrorFile } from "../mirror-file.ts";
import { noCatalogue } from "./no-catalogue.ts";
import { matchRepository } from "./repository-pattern.ts";
import { hostValue, type TargetTemplate, type TemplateValues, targetRepository } from "./target-template.ts";

/** One repository of a mirror, and where it goes. */
export interface RepositoryMirror {
  readonly mirror: Mirror;
  readonly source: Repository;
  /** What the placeholders of the targets' tags stand for. */
  readonly values: TemplateValues;
  readonly targets: readonly ResolvedTarget[];
}

export interface ResolvedTarget extends Repository {
  readonly template: TargetTemplate;
}

export interface ResolvedRepositories {
  /** In the order of the file, and there in that of the catalogue or the list. */
  readonly repositories: readonly RepositoryMirror[];
  /** Mirrors whose catalogue could not be read, or may lack repositories: what they mean is not known, or not in full. */
  readonly failures: readonly { readonly mirror: Mirror; readonly error: unknown }[];
  readonly warnings: readonly string[];
}

/** Lists the repositories of a registry. */
export type ListCatalogue = (host: string, options: { readonly signal: AbortSignal }) => AsyncIterable<string>;

/**
 * Finds the repositories that a file's mirrors mean. Those that are written out are looked up nowhere.
 * Requests: the pages of one catalogue for each host that a `*` needs it for, whatever number of mirrors ask.
 * @throws {MirrorFileError} where such a host has no catalogue, or a name at the target can't be one. An abort rejects with `signal.reason`.
 */
export async function resolveRepositories(
  file: MirrorFile,
  { list, signal }: { readonly list: ListCatalogue; readonly signal: AbortSignal },
): Promise<ResolvedRepositories> {
  const catalogues = new Map<string, Promise<ListResult<string>>>();
  const catalogueOf = (host: string): Promise<ListResult<string>> => {
    const known = catalogues.get(host) ?? readList(list(host, { signal }));
    catalogues.set(host, known);
    return known;
  };
  const namesOf = async ({ from }: Mirror): Promise<ListResult<string>> =>
    from.repositories === undefined ? catalogueOf(from.host) : { complete: true, items: from.repositories };
  const problems: Problem[] = [];
  const failures: { readonly mirror: Mirror; readonly error: unknown }[] = [];
  const warnings: string[] = [];
  const repositories: RepositoryMirror[] = [];
  // All at once; whoever fails is looked at in its turn.
  await Promise.allSettled(file.mirrors.filter(needsCatalogue).map(({ from }) => catalogueOf(from.host)));
  for (const mirror of file.mirrors) {
    try {
      const result = await namesOf(mirror);
      const names = listedItems(result).filter(mirror.from.accepts);
      if (!result.complete) failures.push({ mirror, error: result.doubt });
      else if (names.length === 0) warnings.push(formatProblem(file.name, matchesNothing(mirror)));
      for (const name of names) repositories.push(resolveRepository(mirror, name, problems));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StoreError && error.code === "UNSUPPORTED") problems.push(noCatalogue(mirror));
      else failures.push({ mirror, error });
    }
  }
  if (problems.length > 0) throw new MirrorFileError(file.name, problems);
  return { repositories, failures, warnings };
}

function needsCatalogue({ from }: Mirror): boolean {
  return from.repositories === undefined;
}

function matchesNothing({ index, from }: Mirror): Problem {
  return {
    at: from.at,
    path: `mirrors[${index}].from`,
    message: `${JSON.stringify(from.text)} means no repository: none of the catalogue fits`,
  };
}

function resolveRepository(mirror: Mirror, repository: string, problems: Problem[]): RepositoryMirror {
  const { from } = mirror;
  const values: TemplateValues = {
    host: hostValue(from.host),
    repository,
    match: matchRepository(from.pattern, repository) ?? repository,
  };
  const targets = mirror.to.flatMap((template) => {
    try {
      return [{ ...targetRepository(template, values), template }];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      problems.push({
        at: template.at,
        path: `mirrors[${mirror.index}].to`,
        message: `for ${from.host}/${repository}: ${error.message}`,
      });
      return [];
    }
  });
  return { mirror, source: { host: from.host, repository }, values, targets };
}
