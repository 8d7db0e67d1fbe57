import type { Digest } from "../../digest/digest.ts";
import type { MirrorTarget, OwnedTag, OwnershipJournal } from "../ownership-journal.ts";

/** The tags that mirrors own, in memory. */
export class MemoryOwnership implements OwnershipJournal {
  /** By mirror and target, then by tag. */
  readonly #owned = new Map<string, Map<string, OwnedTag>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async record(place: MirrorTarget, { tag, digest, because }: Omit<OwnedTag, "recorded">): Promise<void> {
    const tags = this.#owned.get(keyOf(place)) ?? new Map<string, OwnedTag>();
    if (tags.get(tag)?.digest === digest) return;
    tags.set(tag, { tag, digest, because, recorded: this.#now() });
    this.#owned.set(keyOf(place), tags);
  }

  async find(place: MirrorTarget, tag: string): Promise<OwnedTag | undefined> {
    return this.#owned.get(keyOf(place))?.get(tag);
  }

  async *list(place: MirrorTarget): AsyncGenerator<OwnedTag, void, void> {
    yield* [...(this.#owned.get(keyOf(place))?.values() ?? [])];
  }

  async drop(place: MirrorTarget, tag: string, digest: Digest): Promise<void> {
    const tags = this.#owned.get(keyOf(place));
    if (tags?.get(tag)?.digest !== digest) return;
    tags.delete(tag);
    if (tags.size === 0) this.#owned.delete(keyOf(place));
  }

  async count(): Promise<number> {
    return [...this.#owned.values()].reduce((sum, { size }) => sum + size, 0);
  }

  async clear(): Promise<number> {
    const count = await this.count();
    this.#owned.clear();
    return count;
  }
}

function keyOf({ mirror, target }: MirrorTarget): string {
  return JSON.stringify([mirror, target]);
}
