import { type CallOptions, findMissingTags, type MissingTags, type TagReader } from "@tranship/core";

/** What became of a listed tag that had no manifest. */
export type MissingTagState = "gone" | "broken" | "found";

/** Looks again at listed tags of one store that had no manifest: those of the same moment with one list. */
export class MissingTagLooks {
  readonly #store: TagReader;
  readonly #call: CallOptions;
  /** Tags of the next look, which begins when the one before has ended. */
  #next: { readonly tags: Set<string>; readonly result: Promise<MissingTags> } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: TagReader, call: CallOptions) {
    this.#store = store;
    this.#call = call;
  }

  /** Requests: those of `findMissingTags`. @throws what it throws. */
  async look(tag: string): Promise<MissingTagState> {
    this.#next ??= this.#begin();
    const { tags, result } = this.#next;
    tags.add(tag);
    const { broken, found } = await result;
    if (found.has(tag)) return "found";
    return broken.includes(tag) ? "broken" : "gone";
  }

  #begin(): { readonly tags: Set<string>; readonly result: Promise<MissingTags> } {
    const tags = new Set<string>();
    const result = this.#last.then(() => {
      this.#next = undefined;
      return findMissingTags(this.#store, tags, this.#call);
    });
    this.#last = result.catch(() => {});
    return { tags, result };
  }
}
