/** How long is waited before something is tried again. */
export interface BackoffOptions {
  /** The longest wait before the second try, in ms. Default 500. */
  readonly baseDelayMs?: number | undefined;
  /** The longest wait of all, in ms. Default 30 s. */
  readonly maxDelayMs?: number | undefined;
  /** A number from 0 to 1. For tests. */
  readonly random?: (() => number) | undefined;
}

/** The wait after the `failures`th failure in a row, in ms: exponential, with full jitter, so that clients that failed together do not come back together. */
export function backoff(failures: number, options: BackoffOptions = {}): number {
  const { baseDelayMs = 500, maxDelayMs = 30_000, random = Math.random } = options;
  return random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (failures - 1));
}
