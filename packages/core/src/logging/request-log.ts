import { allowedHeaders } from "../http/message/redact-headers.ts";
import { redactedUrl } from "../http/message/redact-query.ts";
import type { Observer } from "../http/observe/observer.ts";
import { describeError } from "./describe-error.ts";
import type { Shown } from "./log-options.ts";
import { type Logger, wants } from "./logger.ts";

/**
 * A line of level info for each HTTP request, when the head of its answer came or it failed: method, URL, status, duration in ms, headers, all
 * without secrets.
 */
export function requestLog(logger: Logger, shown: Shown): Observer {
  return {
    start(request) {
      if (!wants(logger, "info")) return undefined;
      const { method, kind, attempt } = request;
      const url = redactedUrl(request.url, shown.parameters);
      let startedAt = performance.now();
      const line = (): object => ({
        method,
        url,
        kind,
        ...(attempt === undefined || attempt === 1 ? {} : { attempt }),
        durationMs: Math.round(performance.now() - startedAt),
        requestHeaders: allowedHeaders(request.headers, shown.headers, shown.parameters),
      });
      return {
        sent() {
          startedAt = performance.now();
        },
        answered({ status, headers }) {
          const responseHeaders = allowedHeaders(headers, shown.headers, shown.parameters, request.url);
          logger.info({ ...line(), status, responseHeaders }, `${method} ${url} ${status}`);
          return undefined;
        },
        failed(error) {
          logger.info({ ...line(), error: describeError(error) }, `${method} ${url} failed`);
        },
      };
    },
  };
}
