import type { CallOptions, RequestKind, RetryPolicy, RetryRecord } from "../../call/call-options.ts";
import { pause } from "../../concurrency/pause.ts";
import { RegistryError } from "../../errors/errors.ts";
import { retryLog } from "../../logging/retry-log.ts";
import type { Sleep } from "../../pace/clock.ts";
import type { RetryOptions } from "../../pace/retry.ts";
import type { WaitBudget } from "../../pace/wait-budget.ts";
import type { RegistryTransportOptions } from "./transport-options.ts";

/** What a client says of retries. */
export interface RetryDefaults extends RetryPolicy {
  readonly onRetry?: ((retry: RetryRecord) => void) | undefined;
  readonly sleep?: Sleep | undefined;
  /** Ends sleeps for a host whose requests may wait no longer. */
  readonly waitBudget?: WaitBudget | undefined;
}

/** What is tried again. */
export interface Retried {
  readonly method: string;
  readonly kind: RequestKind;
  /** `host:port`. */
  readonly host: string;
}

/** The retries of a client; each is logged. */
export function retryDefaults(
  options: Pick<RegistryTransportOptions, "retry" | "onRetry" | "sleep" | "logger" | "waitBudget">,
): RetryDefaults {
  const { retry, onRetry, sleep, logger, waitBudget } = options;
  const log = logger === undefined ? undefined : retryLog(logger);
  return {
    ...retry,
    sleep,
    waitBudget,
    onRetry(record) {
      log?.(record);
      onRetry?.(record);
    },
  };
}

/** When something is tried again for a call: each field as the call says, else as the client says. Both are told. */
export function retriesOf(defaults: RetryDefaults, call: CallOptions, what: Retried): RetryOptions {
  const { retry = {}, signal, onRetry, whileWaiting } = call;
  const { sleep: sleeps = pause, waitBudget } = defaults;
  const { method, kind, host } = what;
  // Where the waits are spent the next try fails at once, and says so.
  const sleep: Sleep = (ms, aborted) =>
    waitBudget === undefined ? sleeps(ms, aborted) : waitBudget.of(host).rest(sleeps, ms, aborted);
  return {
    attempts: retry.attempts ?? defaults.attempts,
    baseDelayMs: retry.baseDelayMs ?? defaults.baseDelayMs,
    maxDelayMs: retry.maxDelayMs ?? defaults.maxDelayMs,
    maxRetryAfterMs: retry.maxRetryAfterMs ?? defaults.maxRetryAfterMs,
    signal,
    sleep: whileWaiting === undefined ? sleep : (ms, aborted) => whileWaiting(() => sleep(ms, aborted)),
    onRetry({ attempt, delayMs, error }) {
      const record = { method, kind, host, attempt, delayMs, error, throttled: isThrottled(error) };
      defaults.onRetry?.(record);
      onRetry?.(record);
    },
  };
}

function isThrottled(error: unknown): boolean {
  return error instanceof RegistryError && (error.status === 429 || error.retryAfterMs !== undefined);
}
