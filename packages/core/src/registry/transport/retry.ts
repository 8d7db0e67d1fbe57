import type { Interceptor } from "../../http/interceptor.ts";
import type { HttpRequest } from "../../http/message/message.ts";
import { retrying } from "../../pace/retry.ts";
import { type RetryDefaults, retriesOf } from "./retries.ts";

export interface RetryInterceptorOptions {
  readonly defaults: RetryDefaults;
  /** What records of retries call the host, `host:port`. */
  readonly hostOf: (request: HttpRequest) => string;
  readonly isRetryable: (error: unknown) => boolean;
}

/**
 * Retries requests that may be repeated: GET and HEAD, and those that say so. @throws as
 * `retrying`.
 */
export function retry({ defaults, hostOf, isRetryable }: RetryInterceptorOptions): Interceptor {
  return (next) => (request) => {
    const { method, kind, call = {}, signal, retry: repeatable = method === "GET" || method === "HEAD" } = request;
    const retries = retriesOf(defaults, { ...call, signal }, { method, kind, host: hostOf(request) });
    return retrying((attempt) => next({ ...request, attempt }), {
      ...retries,
      ...(repeatable ? {} : { attempts: 1 }),
      isRetryable,
    });
  };
}
