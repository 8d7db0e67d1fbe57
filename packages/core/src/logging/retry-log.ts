import type { RetryRecord } from "../call/call-options.ts";
import { describeError } from "./describe-error.ts";
import { type Logger, wants } from "./logger.ts";

/** Writes a line of level warn for each request that will be tried again. */
export function retryLog(logger: Logger): (retry: RetryRecord) => void {
  return ({ error, ...retry }) => {
    if (!wants(logger, "warn")) return;
    const { method, host, delayMs, throttled } = retry;
    const why = throttled ? "as the registry asked" : "after a failure";
    const delay = Math.round(delayMs);
    logger.warn(
      { ...retry, delayMs: delay, error: describeError(error) },
      `${method} to ${host} is tried again in ${delay} ms, ${why}`,
    );
  };
}
