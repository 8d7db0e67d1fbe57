import type { HttpRequest, HttpResponse } from "../http/message/message.ts";
import { withoutCredentials } from "../http/message/redact-headers.ts";
import { redactedUrl } from "../http/message/redact-query.ts";
import type { Observer } from "../http/observe/observer.ts";
import { describeError } from "./describe-error.ts";
import { announcesJson, JsonExcerpt } from "./json-excerpt.ts";
import type { Shown } from "./log-options.ts";
import { type Logger, wants } from "./logger.ts";

/**
 * A line of level debug for each HTTP request that has something to show, when its answer was read or dropped: bodies that are JSON, up to 16 KiB of each,
 * without tokens and passwords, never a blob; where it is wanted, all headers.
 */
export function bodyLog(logger: Logger, shown: Shown): Observer {
  return {
    start(request) {
      if (!wants(logger, "debug")) return undefined;
      const { method, kind } = request;
      const url = shown.unredacted ? withoutUser(request.url) : redactedUrl(request.url, shown.parameters);
      let requestBody: string | undefined;
      function write(outcome: object, responseBody?: string): void {
        if (requestBody === undefined && responseBody === undefined && !shown.unredacted) return;
        const bodies = {
          ...(requestBody === undefined ? {} : { requestBody }),
          ...(responseBody === undefined ? {} : { responseBody }),
        };
        logger.debug({ method, url, kind, ...outcome, ...bodies }, `${method} ${url} in full`);
      }
      const requestHeaders = shown.unredacted ? { requestHeaders: withoutCredentials(request.headers) } : {};
      return {
        sent(content) {
          if (content === undefined || isBlob(request) || !announcesJson(request.headers)) return;
          const excerpt = new JsonExcerpt();
          excerpt.add(content);
          requestBody = excerpt.text([request.url]);
        },
        answered(response) {
          const { status, headers } = response;
          const outcome = {
            status,
            ...requestHeaders,
            ...(shown.unredacted ? { responseHeaders: withoutCredentials(headers) } : {}),
          };
          if (!showsBody(request, response)) {
            write(outcome);
            return undefined;
          }
          const excerpt = new JsonExcerpt();
          return {
            received: (piece) => excerpt.add(piece),
            ended(error) {
              const text = excerpt.text([request.url]);
              if (error === undefined) write(outcome, text);
              else write({ ...outcome, error: describeError(error) }, text ?? "");
            },
          };
        },
        failed: (error) => write({ ...requestHeaders, error: describeError(error) }),
      };
    },
  };
}

function isBlob({ kind }: HttpRequest): boolean {
  return kind === "blob" || kind === "upload";
}

/** What a registry says of a failure is no blob. */
function showsBody(request: HttpRequest, { status, headers }: HttpResponse): boolean {
  return request.method !== "HEAD" && announcesJson(headers) && (!isBlob(request) || status >= 400);
}

function withoutUser(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}
