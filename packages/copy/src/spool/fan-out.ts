import type { Descriptor, Digest, Open, Source } from "@tranship/core";
import type { Spool } from "./spool.ts";

/** How one of several targets gets the content of a source. */
export interface TargetFeed {
  /** How this target reads the content: as the others do, from what is fetched once. */
  open(descriptor: Descriptor, fetch: Open): Open;
  /** This target needs the content no more. */
  done(digest: Digest): Promise<void>;
  /** This target needs nothing more. */
  end(): Promise<void>;
}

/**
 * Feeds several targets from one source that is not local: what one of them reads is kept until each has had it or needs nothing more, so that it is fetched once and a slow target holds up no other.
 */
export class FanOut {
  readonly #spool: Spool;
  readonly #source: Source;
  readonly #feeds = new Set<TargetFeed>();
  /** Content that is kept, with the targets that may still want it. */
  readonly #kept = new Map<Digest, { readonly opener: Open; readonly waiting: Set<TargetFeed> }>();
  /** What each target has had already. */
  readonly #had = new WeakMap<TargetFeed, Set<Digest>>();

  /** @param targets how many there are. */
  constructor(spool: Spool, source: Source, targets: number) {
    this.#spool = spool;
    this.#source = source;
    for (let at = 0; at < targets; at += 1) this.#feeds.add(this.#feed());
  }

  /** One for each target. */
  get feeds(): readonly TargetFeed[] {
    return [...this.#feeds];
  }

  #feed(): TargetFeed {
    const feed: TargetFeed = {
      open: (descriptor, fetch) => this.#open(feed, descriptor, fetch),
      done: async (digest) => {
        this.#had.get(feed)?.add(digest);
        await this.#leave(feed, digest);
      },
      end: async () => {
        this.#feeds.delete(feed);
        for (const digest of [...this.#kept.keys()]) await this.#leave(feed, digest);
      },
    };
    this.#had.set(feed, new Set());
    return feed;
  }

  /** Nothing is kept until somebody reads: what is mounted everywhere is fetched by nobody. */
  #open(feed: TargetFeed, descriptor: Descriptor, fetch: Open): Open {
    if (this.#source.isLocal === true) return fetch;
    const { digest } = descriptor;
    return async (offset, signal) => {
      let kept = this.#kept.get(digest);
      if (kept === undefined) {
        const waiting = [...this.#feeds].filter(
          (other) => other === feed || this.#had.get(other)?.has(digest) !== true,
        );
        // Nobody else wants it.
        if (waiting.length < 2) return fetch(offset, signal);
        const content = this.#spool.use(this.#source, descriptor, fetch);
        if (content === undefined) return fetch(offset, signal);
        kept = { opener: content.open, waiting: new Set(waiting) };
        this.#kept.set(digest, kept);
      }
      return kept.opener(offset, signal);
    };
  }

  async #leave(feed: TargetFeed, digest: Digest): Promise<void> {
    const kept = this.#kept.get(digest);
    if (kept?.waiting.delete(feed) !== true || kept.waiting.size > 0) return;
    this.#kept.delete(digest);
    await this.#spool.release(this.#source, digest);
  }
}
