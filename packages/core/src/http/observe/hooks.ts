import { validateHeaderName, validateHeaderValue } from "node:http";
import type { SentRequest } from "../../call/call-options.ts";
import type { HttpRequest } from "../message/message.ts";
import { redactedHeaders } from "../message/redact-headers.ts";
import { redactedUrl } from "../message/redact-query.ts";
import type { Observation, Observer } from "./observer.ts";

/** What belongs to the connection, and to `credentials`. */
const NOT_THEIRS: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** Calls `onRequest` and `onResponse` of the call that a request belongs to. */
export const hooks: Observer = { start };

function start(request: HttpRequest): Observation | undefined {
  const { onRequest, onResponse } = request.call ?? {};
  if (onRequest === undefined && onResponse === undefined) return undefined;
  const added = lowerCased(answerOf(onRequest?.(shown(request))));
  if (onResponse === undefined) return { headers: added };
  const sent = shown({ ...request, headers: { ...request.headers, ...added } });
  let startedAt = performance.now();
  return {
    headers: added,
    sent() {
      startedAt = performance.now();
    },
    answered({ status, headers }) {
      const durationMs = performance.now() - startedAt;
      onResponse({ request: sent, status, headers: redactedHeaders(headers), durationMs });
      return undefined;
    },
  };
}

function shown({ method, kind, url, headers }: HttpRequest): SentRequest {
  return { method, kind, url: redactedUrl(url), headers: redactedHeaders(headers) };
}

/** A request doesn't wait: what a promise would bring would be lost. */
function answerOf(headers: Readonly<Record<string, string>> | undefined): typeof headers {
  if (!(headers instanceof Promise)) return headers;
  headers.catch(() => {});
  throw new TypeError("onRequest must return headers or nothing, and no promise: it is not waited for");
}

function lowerCased(headers: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const lower: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    const known = name.toLowerCase();
    if (NOT_THEIRS.has(known)) throw new TypeError(`onRequest cannot set the header "${known}"`);
    lower[known] = value;
  }
  return lower;
}
