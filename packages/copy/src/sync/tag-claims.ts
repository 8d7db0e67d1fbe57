/** Two sources would write one tag: which of them stayed would be chance. */
export class TagClaimed extends Error {
  readonly code = "TAG_CLAIMED";

  constructor(target: string, source: string, other: string) {
    super(`Cannot copy "${source}" to "${target}": "${other}" goes there too, and one tag has one source`);
    this.name = "TagClaimed";
  }
}

/** Which source writes which target's tag. Memory: about 150 bytes a tag. */
export class TagClaims {
  readonly #claims = new Map<string, string>();

  /** @param target `registry.example/app:v1`, as is `source`. @throws {TagClaimed} where another source has claimed it. */
  claim(target: string, source: string): void {
    const other = this.#claims.get(target);
    if (other !== undefined && other !== source) throw new TagClaimed(target, source, other);
    this.#claims.set(target, source);
  }
}
