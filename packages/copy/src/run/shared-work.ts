import { boundedCache } from "../concurrency/bounded-cache.ts";
import { withAbort } from "../concurrency/with-abort.ts";

/** Ended work that is remembered; forgetting costs a request, never correctness. */
const REMEMBERED = 50_000;

/** Whether this caller did the work, or waited for one who did. */
export interface Shared<T> {
  readonly own: boolean;
  readonly value: T;
}

export interface SharedWorkOptions {
  /** Whether what came of it is remembered for who asks later; else only those share it who ask while it is under way. Default true. */
  readonly remember?: boolean | undefined;
}

/** Work that is done once, however many ask. Memory: some 200 bytes for each of the last 50,000 pieces of work that are remembered. */
export class SharedWork<K extends string> {
  readonly #inFlight = new Map<K, Promise<unknown>>();
  readonly #done = boundedCache<K, { readonly value: unknown }>(REMEMBERED);
  readonly #remember: boolean;

  constructor({ remember = true }: SharedWorkOptions = {}) {
    this.#remember = remember;
  }

  /**
   * Does the work once. Who waited for somebody whose work failed or was aborted does it again, under its own signal: one image's failure is not another's.
   */
  async once<T>(key: K, task: () => Promise<T>, signal: AbortSignal): Promise<Shared<T>> {
    for (;;) {
      signal.throwIfAborted();
      const done = this.#done.get(key);
      if (done !== undefined) return { own: false, value: done.value as T };
      const inFlight = this.#inFlight.get(key) as Promise<T> | undefined;
      if (inFlight === undefined) return { own: true, value: await this.#begin(key, task) };
      try {
        return { own: false, value: await withAbort(inFlight, signal) };
      } catch {
        if (this.#inFlight.get(key) === inFlight) await withAbort(Promise.allSettled([inFlight]), signal);
      }
    }
  }

  /** Whether the work was done, and is remembered. */
  hasDone(key: K): boolean {
    return this.#done.has(key);
  }

  forget(key: K): void {
    this.#done.delete(key);
  }

  async #begin<T>(key: K, task: () => Promise<T>): Promise<T> {
    const promise = task();
    this.#inFlight.set(key, promise);
    try {
      const value = await promise;
      if (this.#remember) this.#done.set(key, { value });
      return value;
    } finally {
      if (this.#inFlight.get(key) === promise) this.#inFlight.delete(key);
    }
  }
}
