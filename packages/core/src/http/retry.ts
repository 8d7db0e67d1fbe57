import { isRetryable, RegistryError } from "../errors.ts";
import { pause } from "../registry/pause.ts";
import type { RetryPolicy } from "../store/call-options.ts";

/** How often and when something is tried again, and how it is waited. */
export interface RetryOptions extends RetryPolicy {
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** Waits, and rejects with the signal's reason when it is aborted. For tests. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
  /** A number from 0 to 1. For tests. */
  readonly random?: (() => number) | undefined;
  /** Whether an error may pass. Default: `isRetryable`. */
  readonly isRetryable?: ((error: unknown) => boolean) | undefined;
}

/** A try that failed and will be repeated. */
export interface Retry {
  /** The try that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/**
 * Does a task, and again after failures that may pass: exponential backoff with full jitter, and never before the time that the registry told.
 * @throws the last error; {RegistryError} RATE_LIMITED with the time to come back; the signal's reason, also during a wait.
 */
export async function retrying<T>(task: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 5, signal, onRetry, sleep = pause, isRetryable: mayPass = isRetryable } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await task(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      refuseLongWait(error, options);
      if (attempt >= attempts || isRateLimited(error) || !mayPass(error)) throw error;
      const delayMs = delayBefore(attempt, error, options);
      onRetry?.({ attempt, delayMs, error });
      await sleep(delayMs, signal);
    }
  }
}

function delayBefore(attempt: number, error: unknown, options: RetryOptions): number {
  const { baseDelayMs = 500, maxDelayMs = 30_000, random = Math.random } = options;
  const backoff = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
  return Math.max(backoff, toldToWait(error) ?? 0);
}

function refuseLongWait(error: unknown, { maxRetryAfterMs = 120_000 }: RetryOptions): void {
  const wait = toldToWait(error);
  if (wait === undefined || wait <= maxRetryAfterMs || !(error instanceof RegistryError) || isRateLimited(error))
    return;
  const back = new Date(Date.now() + wait).toISOString();
  throw new RegistryError("RATE_LIMITED", `${error.message}; come back at ${back}`, {
    cause: error,
    method: error.method,
    url: error.url,
    errors: error.errors,
    retryAfterMs: wait,
    ...(error.status === undefined ? {} : { status: error.status }),
  });
}

function isRateLimited(error: unknown): boolean {
  return error instanceof RegistryError && error.code === "RATE_LIMITED";
}

function toldToWait(error: unknown): number | undefined {
  return error instanceof RegistryError ? error.retryAfterMs : undefined;
}
