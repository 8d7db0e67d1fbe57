import { LowestRate, type LowestRateOptions } from "@tranship/core";

/** How often a client that is waited for is looked at, in parts of the window. */
const LOOKS = 4;

/**
 * Cuts off a client that sends or takes bytes too slowly. Only the time counts in which the server
 * waits for the client: a slow disk is not the client's fault.
 */
export class ClientRate implements Disposable {
  readonly #rate: LowestRate;
  readonly #cut: () => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #waiting = false;

  /** @param cut ends the connection. */
  constructor(options: LowestRateOptions, cut: () => void) {
    this.#rate = new LowestRate(options);
    this.#cut = cut;
    if (options.bytesPerSecond === 0) return;
    this.#timer = setInterval(() => {
      if (!this.#waiting) return;
      this.goesOn();
      this.waits();
    }, options.windowMs / LOOKS).unref();
  }

  /** The server begins to wait for the client. */
  waits(): void {
    this.#waiting = true;
    this.#rate.waits();
  }

  /** The server waits no longer. */
  goesOn(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    if (this.#rate.waited() !== undefined && this.#timer !== undefined) this.#cut();
  }

  /** Resolves as the promise does; until then the server waits for the client. */
  async during<T>(promise: Promise<T>): Promise<T> {
    this.waits();
    try {
      return await promise;
    } finally {
      this.goesOn();
    }
  }

  /** Bytes came from the client, or were taken by it. */
  moved(bytes: number): void {
    this.#rate.received(bytes);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
