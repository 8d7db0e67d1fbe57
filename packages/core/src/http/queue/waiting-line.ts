import { onAbort } from "../../concurrency/on-abort.ts";

interface Waiting {
  go(): void;
  leave(reason: unknown): void;
}

/** Those who wait for something that is handed out one by one, first come, first served. */
export class WaitingLine {
  readonly #waiting: Waiting[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * Waits for one's turn.
   * @param options.first Whether to go before all who wait already.
   * @throws the signal's reason; that of `close`.
   */
  join(signal: AbortSignal | undefined, { first = false }: { readonly first?: boolean } = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let ignore: (() => void) | undefined;
    const waiting: Waiting = {
      go() {
        ignore?.();
        resolve();
      },
      leave(reason) {
        ignore?.();
        reject(reason);
      },
    };
    if (signal !== undefined) {
      ignore = onAbort(signal, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
      });
    }
    if (first) this.#waiting.unshift(waiting);
    else this.#waiting.push(waiting);
    return promise;
  }

  /** Lets the first go; false where nobody waits. */
  advance(): boolean {
    const first = this.#waiting.shift();
    first?.go();
    return first !== undefined;
  }

  /** Ends the waiting of all. */
  close(reason: unknown): void {
    for (const waiting of this.#waiting.splice(0)) waiting.leave(reason);
  }
}
