/** A repository, or all those that a `*` may stand for: `library/alpine`, `acme/*`, `*`. */
export interface RepositoryPattern {
  /** What stands before the `*`; the whole name where there is none. */
  readonly prefix: string;
  /** What stands after it. */
  readonly suffix: string;
  readonly wildcard: boolean;
}

/** Reads a repository with at most one `*`. The names that it gives are checked when they are known. @throws {SyntaxError} for a second `*`. */
export function parseRepositoryPattern(text: string): RepositoryPattern {
  const star = text.indexOf("*");
  if (star < 0) return { prefix: text, suffix: "", wildcard: false };
  if (text.includes("*", star + 1)) throw new SyntaxError(`"${text}" has more than one *; it may have one`);
  return { prefix: text.slice(0, star), suffix: text.slice(star + 1), wildcard: true };
}

/**
 * What the `*` stands for in a repository: at least a character, slashes too, so that `acme/*` is every repository below `acme`; undefined where the
 * repository is none of the pattern's. Without a `*` it is the last part of the name.
 */
export function matchRepository(
  { prefix, suffix, wildcard }: RepositoryPattern,
  repository: string,
): string | undefined {
  if (!wildcard) return repository === prefix ? repository.slice(repository.lastIndexOf("/") + 1) : undefined;
  if (repository.length <= prefix.length + suffix.length) return undefined;
  if (!repository.startsWith(prefix) || !repository.endsWith(suffix)) return undefined;
  return repository.slice(prefix.length, repository.length - suffix.length);
}

/** The repository where the `*` stands for this. */
export function fillPattern({ prefix, suffix, wildcard }: RepositoryPattern, match: string): string {
  return wildcard ? `${prefix}${match}${suffix}` : prefix;
}

/** The pattern as it was written. */
export function formatPattern({ prefix, suffix, wildcard }: RepositoryPattern): string {
  return wildcard ? `${prefix}*${suffix}` : prefix;
}
