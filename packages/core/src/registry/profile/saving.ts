/** What is being written to the journal while nobody waits for it. A write that fails is one that is forgotten. */
export class Saving {
  readonly #writes = new Set<Promise<void>>();

  add(write: Promise<unknown>): void {
    const settled = write.then(
      () => void this.#writes.delete(settled),
      () => void this.#writes.delete(settled),
    );
    this.#writes.add(settled);
  }

  /** Resolves when nothing is being written any more. */
  async done(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }
}
