import { type Digest, formatPlatform, type TagJournal } from "@tranship/core";
import type { PlatformChoice } from "./platform-choice.ts";

/**
 * What choices of platforms made of indexes, as a journal remembers it: an unchanged mirror of some platforms is then seen without reading any. It is a hint, which is only
 * held against what a target has; whatever is copied is made anew.
 */
export class Rewrites {
  readonly #journal: TagJournal | undefined;

  constructor(journal?: TagJournal) {
    this.#journal = journal;
  }

  /** Whether anything is remembered at all. */
  get kept(): boolean {
    return this.#journal !== undefined;
  }

  /** What the choice made of that source; undefined where it is not known. Without a choice it is the source. */
  async of(source: Digest, choice: PlatformChoice): Promise<Digest | undefined> {
    if (choice.platforms.length === 0) return source;
    return this.#journal?.result({ source, selection: selectionOf(choice) }).catch(() => undefined);
  }

  /** The choice made that of the source. */
  async made(source: Digest, choice: PlatformChoice, result: Digest): Promise<void> {
    await this.#journal?.rewrote({ source, selection: selectionOf(choice) }, result).catch(() => {});
  }
}

/** Another one than that of the versions that took entries of one digest for one entry: what they made of an index may lack a platform. */
const METHOD = "2:";

/** The order does not matter: entries keep that of the index. What may lack makes another choice: it ends in `?`. */
function selectionOf({ platforms, missing }: PlatformChoice): string {
  return `${METHOD}${[...new Set(platforms.map(formatPlatform))].toSorted().join(",")}${missing === "skip" ? "?" : ""}`;
}
