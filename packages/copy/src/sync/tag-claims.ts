/** Two sources would write one tag: which of them stayed would be chance. */
export class TagClaimed extends Error {
  readonly code = "TAG_CLAIMED";

  constructor(target: string, source: string, other: string) {
    super(`Cannot copy "${source}" to "${target}": "${other}" goes there too, and one tag has one source`);
    this.name = "TagClaimed";
  }
}

/** A tag of a repository. */
interface TagPlace {
  readonly repository: string;
  readonly tag: string;
}

/** Which source writes which target's tag. Memory: about 150 bytes a tag. */
export class TagClaims {
  readonly #claims = new Map<string, string>();
  readonly #owners = new Map<string, Set<object>>();

  /** @param owner the repository of a mirror that writes. @throws {TagClaimed} where another source has claimed the tag. */
  claim(target: TagPlace, source: TagPlace, owner: object): void {
    const [to, from] = [`${target.repository}:${target.tag}`, `${source.repository}:${source.tag}`];
    const owners = this.#owners.get(target.repository) ?? new Set();
    this.#owners.set(target.repository, owners.add(owner));
    const other = this.#claims.get(to);
    if (other !== undefined && other !== from) throw new TagClaimed(to, from, other);
    this.#claims.set(to, from);
  }

  /** Whether somebody else writes to the repository too. */
  isShared(repository: string, owner: object): boolean {
    return [...(this.#owners.get(repository) ?? [])].some((other) => other !== owner);
  }
}
