import type { Digest } from "../../digest/digest.ts";
import type { JournalLimits } from "../journal-limits.ts";
import type { Rewrite, SeenTag, TagCounts, TagJournal, TagPlace } from "../tag-journal.ts";
import { RecentEntries } from "./recent-entries.ts";

/** What tags pointed at, what was made of indexes, and when images were built, in memory. */
export class MemoryTags implements TagJournal {
  readonly #tags: RecentEntries<Digest>;
  readonly #rewrites: RecentEntries<Digest>;
  readonly #buildTimes: RecentEntries<number>;

  constructor(limits: JournalLimits, now: () => number) {
    this.#tags = new RecentEntries({ limit: limits.tags, keepMs: limits.tagMs, now });
    this.#rewrites = new RecentEntries({ limit: limits.rewrites, keepMs: limits.rewriteMs, now });
    this.#buildTimes = new RecentEntries({ limit: limits.buildTimes, keepMs: limits.buildTimeMs, now });
  }

  async seen(place: TagPlace, digest: Digest): Promise<void> {
    this.#tags.set(keyOf(place), digest);
  }

  async last(place: TagPlace): Promise<SeenTag | undefined> {
    const entry = this.#tags.get(keyOf(place));
    return entry && { digest: entry.value, seen: entry.time };
  }

  async rewrote({ source, selection }: Rewrite, result: Digest): Promise<void> {
    this.#rewrites.set(JSON.stringify([source, selection]), result);
  }

  async result({ source, selection }: Rewrite): Promise<Digest | undefined> {
    return this.#rewrites.get(JSON.stringify([source, selection]))?.value;
  }

  async built(digest: Digest, time: number): Promise<void> {
    this.#buildTimes.set(digest, time);
  }

  async buildTime(digest: Digest): Promise<number | undefined> {
    return this.#buildTimes.get(digest)?.value;
  }

  async counts(): Promise<TagCounts> {
    return { tags: this.#tags.size, rewrites: this.#rewrites.size, buildTimes: this.#buildTimes.size };
  }

  async clear(): Promise<number> {
    return this.#tags.clear() + this.#rewrites.clear() + this.#buildTimes.clear();
  }
}

function keyOf({ host, access, repository, tag }: TagPlace): string {
  return JSON.stringify([host, access, repository, tag]);
}
