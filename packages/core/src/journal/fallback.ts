import type { Journal } from "./journal.ts";
import { MemoryJournal } from "./memory/memory-journal.ts";

/** Asks a journal that is opened when it is first needed, or memory once that journal has failed. */
export class Fallback {
  readonly #open: () => Promise<Journal>;
  readonly #onFailure: (error: unknown) => void;
  readonly #memory = new MemoryJournal();
  #journal: Promise<Journal> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(open: () => Promise<Journal>, onFailure: (error: unknown) => void) {
    this.#open = open;
    this.#onFailure = onFailure;
  }

  async ask<T>(question: (journal: Journal) => Promise<T>): Promise<T> {
    try {
      if (this.#failure === undefined) return await question(await this.#opened());
    } catch (error) {
      this.#fail(error);
    }
    return question(this.#memory);
  }

  /** As `ask`, where memory cannot take the journal's place. @throws what the journal threw, now or before. */
  async demand<T>(question: (journal: Journal) => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return await question(await this.#opened());
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** A list that fails in the middle ends there. */
  async *list<T>(question: (journal: Journal) => AsyncIterable<T>): AsyncGenerator<T, void, void> {
    let values: AsyncIterator<T> | undefined;
    try {
      for (;;) {
        const next = await this.ask(async (journal) => {
          values ??= question(journal)[Symbol.asyncIterator]();
          return values.next();
        });
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await this.ask(async () => values?.return?.());
    }
  }

  async close(): Promise<void> {
    try {
      await (await this.#journal)?.close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #opened(): Promise<Journal> {
    this.#journal ??= this.#open();
    return this.#journal;
  }

  #fail(error: unknown): void {
    if (this.#failure === undefined) this.#onFailure(error);
    this.#failure ??= { error };
  }
}
