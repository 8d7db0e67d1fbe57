import type { Digest } from "../../digest/digest.ts";
import type { SeenTag, TagJournal, TagPlace } from "../../journal/tag-journal.ts";
import { Saving } from "./saving.ts";

/** A tag of one of the registry's repositories, as whom. */
export type KnownTag = Omit<TagPlace, "host">;

/** What the tags of one registry were seen to stand for, as the journal has it. A journal that fails is none. */
export class KnownTags {
  readonly #host: string;
  readonly #journal: TagJournal | undefined;
  readonly #saving: Saving;

  constructor(host: string, journal?: TagJournal, saving: Saving = new Saving()) {
    this.#host = host;
    this.#journal = journal;
    this.#saving = saving;
  }

  async last(tag: KnownTag): Promise<SeenTag | undefined> {
    return this.#journal?.last({ host: this.#host, ...tag }).catch(() => undefined);
  }

  /** The tag stands for the digest, now. It is written down a moment later. */
  seen(tag: KnownTag, digest: Digest): void {
    if (this.#journal !== undefined) this.#saving.add(this.#journal.seen({ host: this.#host, ...tag }, digest));
  }
}
