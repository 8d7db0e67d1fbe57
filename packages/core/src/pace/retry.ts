import type { RetryPolicy } from "../call/call-options.ts";
import { pause } from "../concurrency/pause.ts";
import { isRetryable, RegistryError } from "../errors/errors.ts";
import { backoff } from "./backoff.ts";
import type { Sleep } from "./clock.ts";
import { MAX_RETRY_AFTER_MS } from "./host-pace.ts";
import { isRateLimited, rateLimited } from "./rate-limited.ts";

/** How often and when something is tried again, and how it is waited. */
export interface RetryOptions extends RetryPolicy {
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** Waits, and rejects with the signal's reason when it is aborted. For tests. */
  readonly sleep?: Sleep | undefined;
  /** A number from 0 to 1. For tests. */
  readonly random?: (() => number) | undefined;
  /** Whether an error may pass. Default: `isRetryable`. */
  readonly isRetryable?: ((error: unknown) => boolean) | undefined;
  /** How far the task has got, by any measure: tries are counted since it last grew. Default: from the first one. */
  readonly progress?: (() => number) | undefined;
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
  const { attempts = 5, signal, onRetry, sleep = pause, isRetryable: mayPass = isRetryable, progress } = options;
  let reached = progress?.() ?? 0;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await task(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      refuseLongWait(error, options);
      const reachedNow = progress?.() ?? 0;
      if (reachedNow > reached) attempt = 1;
      reached = Math.max(reached, reachedNow);
      if (attempt >= attempts || isRateLimited(error) || !mayPass(error)) throw error;
      const delayMs = delayBefore(attempt, error, options);
      onRetry?.({ attempt, delayMs, error });
      await sleep(delayMs, signal);
    }
  }
}

function delayBefore(attempt: number, error: unknown, options: RetryOptions): number {
  return Math.max(backoff(attempt, options), toldToWait(error) ?? 0);
}

function refuseLongWait(error: unknown, { maxRetryAfterMs = MAX_RETRY_AFTER_MS }: RetryOptions): void {
  const waitMs = toldToWait(error);
  if (waitMs === undefined || waitMs <= maxRetryAfterMs || !(error instanceof RegistryError) || isRateLimited(error))
    return;
  const { method, url } = error;
  throw rateLimited(error.message, { method, url, cause: error, waitMs });
}

function toldToWait(error: unknown): number | undefined {
  return error instanceof RegistryError ? error.retryAfterMs : undefined;
}
