import type * as Api from "@opentelemetry/api";
import type { Attributes, Span } from "@opentelemetry/api";
import { StoreError } from "../errors/errors.ts";
import type { HttpRequest } from "../http/message/message.ts";
import { redactedUrl } from "../http/message/redact-query.ts";
import { VERSION } from "../http/message/user-agent.ts";
import type { Observation, Observer } from "../http/observe/observer.ts";
import { openTelemetry } from "./open-telemetry.ts";

/** `SpanStatusCode.ERROR`. */
const ERROR = 2;
/** `SpanKind.CLIENT`. */
const CLIENT = 2;

/**
 * A client span for each HTTP request, from when it joins the queue to the end of its answer's
 * body, below the span that is active. Nothing where no tracing is set up. The trace context goes
 * along to `hostname` only: the URL of a CDN is for whom it was signed.
 * Spec: OpenTelemetry semantic conventions v1.27, "HTTP client".
 */
export function requestSpans(hostname: string): Observer {
  return {
    start(request) {
      const loading = openTelemetry();
      return loading === undefined ? undefined : startSpan(request, hostname, loading);
    },
  };
}

async function startSpan(
  request: HttpRequest,
  hostname: string,
  loading: Promise<typeof Api | undefined>,
): Promise<Observation | undefined> {
  const api = await loading;
  if (api === undefined) return undefined;
  const parent = api.context.active();
  const tracer = api.trace.getTracer("@tranship/core", VERSION);
  const span = tracer.startSpan(request.method, { kind: CLIENT, attributes: attributesOf(request) }, parent);
  const headers: Record<string, string> = {};
  if (request.url.hostname === hostname) api.propagation.inject(api.trace.setSpan(parent, span), headers);
  if (!span.isRecording()) return { headers };
  return {
    headers,
    answered({ status }) {
      span.setAttribute("http.response.status_code", status);
      if (status >= 400) fail(span, String(status));
      return {
        ended(error) {
          if (error !== undefined) fail(span, typeOf(error), error);
          span.end();
        },
      };
    },
    failed(error) {
      fail(span, typeOf(error), error);
      span.end();
    },
  };
}

function attributesOf({ method, url, attempt = 1 }: HttpRequest): Attributes {
  return {
    "http.request.method": method,
    "url.full": redactedUrl(url),
    "server.address": url.hostname,
    "server.port": Number(url.port || (url.protocol === "https:" ? 443 : 80)),
    ...(attempt > 1 ? { "http.request.resend_count": attempt - 1 } : {}),
  };
}

/** Messages of our own errors hold no secrets; others are left out. */
function fail(span: Span, type: string, error?: unknown): void {
  span.setAttribute("error.type", type);
  span.setStatus(error instanceof StoreError ? { code: ERROR, message: error.message } : { code: ERROR });
}

function typeOf(error: unknown): string {
  if (error instanceof StoreError) return error.code;
  return error instanceof Error ? error.name : "_OTHER";
}
