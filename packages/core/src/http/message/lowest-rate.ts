/** The lowest rate of a body that is read. */
export interface LowestRateOptions {
  /** 0: any. */
  readonly bytesPerSecond: number;
  /** Over which it is measured, in ms. */
  readonly windowMs: number;
}

/** The default of the lowest rate, in bytes per second. */
export const MIN_BYTES_PER_SECOND = 1000;
/** The default of the waiting that it is measured over, in ms. */
export const RATE_WINDOW_MS = 60_000;

/** What came of a body in the time that its reader waited for the connection. */
export interface SlowWindow extends LowestRateOptions {
  readonly bytes: number;
}

/**
 * Measures how fast a body comes. Only the time counts in which its reader waits and nothing of the
 * body is there: a reader that is held back by its own target, a budget or a queue does not wait
 * for the connection.
 */
export class LowestRate {
  readonly #options: LowestRateOptions;
  readonly #now: () => number;
  #bytes = 0;
  #waitedMs = 0;
  #since = 0;

  constructor(options: LowestRateOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  /** Bytes came. */
  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The reader begins to wait. */
  waits(): void {
    this.#since = this.#now();
  }

  /** The reader waits no longer. Gives the window where it was too slow. */
  waited(): SlowWindow | undefined {
    const { bytesPerSecond, windowMs } = this.#options;
    this.#waitedMs += this.#now() - this.#since;
    if (this.#waitedMs < windowMs) return undefined;
    const [bytes, seconds] = [this.#bytes, this.#waitedMs / 1000];
    this.#bytes = 0;
    this.#waitedMs = 0;
    return bytes < bytesPerSecond * seconds ? { bytes, bytesPerSecond, windowMs: seconds * 1000 } : undefined;
  }
}
