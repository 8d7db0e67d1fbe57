/**
 * Runs tasks that belong together: the first failure aborts the others, and `settled` waits until all have ended before it rejects with
 * that failure. Nothing of it runs after `settled` has settled.
 */
export class Scope {
  readonly #controller = new AbortController();
  readonly #tasks: Promise<unknown>[] = [];
  readonly #outer: AbortSignal | undefined;
  /** Aborted by the caller's signal and by the first failure. */
  readonly signal: AbortSignal;
  #failure: { readonly error: unknown } | undefined;

  constructor(outer?: AbortSignal) {
    this.#outer = outer;
    this.signal = outer === undefined ? this.#controller.signal : AbortSignal.any([outer, this.#controller.signal]);
  }

  /** Records the failure and aborts what runs; called where the failure happens, so that nothing new begins. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error: this.#outer?.aborted === true ? this.#outer.reason : error };
    this.#controller.abort(this.#failure.error);
  }

  /** Starts a task. The promise is the task's own, for those who depend on it. */
  start<T>(task: () => Promise<T>): Promise<T> {
    const promise = this.#guarded(task);
    this.#tasks.push(promise);
    promise.catch(() => {});
    return promise;
  }

  /** @throws the first failure, or the reason of the caller's signal, unwrapped. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#tasks);
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#outer?.throwIfAborted();
  }

  async #guarded<T>(task: () => Promise<T>): Promise<T> {
    try {
      this.signal.throwIfAborted();
      return await task();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }
}
