import { type Repository, readList, StoreError } from "@tranship/core";
import type { Mirror, MirrorFile } from "../mirror-file.ts";
import { formatProblem, MirrorFileError, type Problem } from "../problem.ts";
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

/** What was found of the mirrors of a file so far. */
interface Found extends ResolvedRepositories {
  readonly repositories: RepositoryMirror[];
  readonly failures: { readonly mirror: Mirror; readonly error: unknown }[];
  readonly warnings: string[];
}

/**
 * Finds the repositories that a file's mirrors mean. Those that are written out are looked up nowhere, and come first; then those of each catalogue as it ends, so that no registry holds
 * the mirrors of another one up. What fails, and a name that cannot be one at the target, is in `failures`; the rest is found.
 */
export class RepositoryResolution {
  readonly #file: MirrorFile;
  readonly #named: readonly RepositoryMirror[];
  readonly #found: Found = { repositories: [], failures: [], warnings: [] };

  /** No request. @throws {MirrorFileError} for a name that is written out and cannot be one at the target. */
  constructor(file: MirrorFile) {
    this.#file = file;
    const problems: Problem[] = [];
    this.#named = file.mirrors.flatMap((mirror) => {
      if (mirror.from.repositories === undefined) return [];
      const names = mirror.from.repositories.filter(mirror.from.accepts);
      if (names.length === 0) this.#found.warnings.push(formatProblem(file.name, matchesNothing(mirror)));
      return names.flatMap((name) => {
        const resolved = resolveRepository(mirror, name);
        problems.push(...resolved.problems);
        return resolved.repository;
      });
    });
    if (problems.length > 0) throw new MirrorFileError(file.name, problems);
  }

  /** What was found so far; all of it when `stream` has ended. */
  get found(): ResolvedRepositories {
    return this.#found;
  }

  /**
   * The repositories, as they are found.
   * Requests: the pages of one catalogue for each host that a `*` needs it for, whatever number of mirrors ask. Memory: of a catalogue the names that a mirror means.
   * @throws an abort rejects with `signal.reason`.
   */
  async *stream({
    list,
    signal,
  }: {
    readonly list: ListCatalogue;
    readonly signal: AbortSignal;
  }): AsyncGenerator<RepositoryMirror, void, void> {
    const mirrors = this.#file.mirrors.filter(needsCatalogue);
    const hosts = Map.groupBy(mirrors, ({ from }) => from.host);
    const reading = new Map([...hosts].map(([host, of]) => [host, this.#read(host, of, list, signal)]));
    for (const read of reading.values()) read.catch(() => {});
    yield* this.#add(this.#named);
    while (reading.size > 0) {
      const { host, repositories } = await Promise.race(reading.values());
      reading.delete(host);
      signal.throwIfAborted();
      yield* this.#add(repositories);
    }
  }

  *#add(repositories: readonly RepositoryMirror[]): Generator<RepositoryMirror, void, void> {
    // All at once: whoever writes to a target has to be known before anything is deleted there.
    this.#found.repositories.push(...repositories);
    yield* repositories;
  }

  /** Reads a catalogue for its mirrors. */
  async #read(
    host: string,
    mirrors: readonly Mirror[],
    list: ListCatalogue,
    signal: AbortSignal,
  ): Promise<{ readonly host: string; readonly repositories: readonly RepositoryMirror[] }> {
    const { failures, warnings } = this.#found;
    const chosen = new Map(mirrors.map((mirror) => [mirror, [] as string[]]));
    const names = (async function* () {
      for await (const name of list(host, { signal })) {
        for (const [mirror, of] of chosen) if (mirror.from.accepts(name)) of.push(name);
      }
      yield* [];
    })();
    try {
      const result = await readList(names);
      for (const [mirror, of] of chosen) {
        if (!result.complete) failures.push({ mirror, error: result.doubt });
        else if (of.length === 0) warnings.push(formatProblem(this.#file.name, matchesNothing(mirror)));
      }
      return {
        host,
        repositories: [...chosen].flatMap(([mirror, of]) => of.flatMap((name) => this.#take(mirror, name))),
      };
    } catch (error) {
      signal.throwIfAborted();
      for (const mirror of mirrors) failures.push({ mirror, error: this.#reason(mirror, error) });
      return { host, repositories: [] };
    }
  }

  /** A repository of a catalogue. A name that cannot be one at the target fails alone. */
  #take(mirror: Mirror, name: string): readonly RepositoryMirror[] {
    const { repository, problems } = resolveRepository(mirror, name);
    if (problems.length === 0) return [repository];
    this.#found.failures.push({ mirror, error: new MirrorFileError(this.#file.name, problems) });
    return repository.targets.length === 0 ? [] : [repository];
  }

  #reason(mirror: Mirror, error: unknown): unknown {
    if (!(error instanceof StoreError) || error.code !== "UNSUPPORTED") return error;
    return new MirrorFileError(this.#file.name, [noCatalogue(mirror)]);
  }
}

/** Finds all repositories that a file's mirrors mean, in the order of its mirrors. @throws as `RepositoryResolution`. */
export async function resolveRepositories(
  file: MirrorFile,
  options: { readonly list: ListCatalogue; readonly signal: AbortSignal },
): Promise<ResolvedRepositories> {
  const resolution = new RepositoryResolution(file);
  const repositories = await Array.fromAsync(resolution.stream(options));
  return { ...resolution.found, repositories: inOrder(repositories) };
}

/** Repositories in the order of their mirrors. */
export function inOrder<T extends { readonly mirror: Mirror }>(repositories: readonly T[]): readonly T[] {
  return repositories.toSorted((a, b) => a.mirror.index - b.mirror.index);
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

function resolveRepository(
  mirror: Mirror,
  repository: string,
): { readonly repository: RepositoryMirror; readonly problems: readonly Problem[] } {
  const { from } = mirror;
  const problems: Problem[] = [];
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
  return { repository: { mirror, source: { host: from.host, repository }, values, targets }, problems };
}
