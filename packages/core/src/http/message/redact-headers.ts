import type { HttpHeaders } from "./message.ts";
import { redactedEcho } from "./redact-echo.ts";
import { REDACTED, redactedUrls } from "./redact-query.ts";

/** Headers with URLs in them. */
const LOCATIONS: ReadonlySet<string> = new Set(["content-location", "link", "location"]);

/** Names whose values may be secrets. `www-authenticate` is a question and no answer. */
const SECRET = /authorization|cookie|token|secret|passw|credential|signature|session|api-?key|-auth$/;

/** Names that hold credentials for certain. */
const CREDENTIALS: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization", "set-cookie"]);

/** The headers with `REDACTED` in the place of what may be a secret by its name, and in the query of locations. */
export function redactedHeaders(headers: HttpHeaders): HttpHeaders {
  return mapped(headers, (name, value) => (SECRET.test(name) ? REDACTED : shown(name, value)));
}

/**
 * The headers with `REDACTED` for all whose names are not allowed.
 * @param names In lower case.
 * @param parameters Those of a query that keep their values, in lower case.
 * @param url Of the request; what is repeated of its query is REDACTED too.
 */
export function allowedHeaders(
  headers: HttpHeaders,
  names: ReadonlySet<string>,
  parameters: ReadonlySet<string>,
  url?: URL,
): HttpHeaders {
  const urls = url === undefined ? [] : [url];
  return mapped(headers, (name, value) => (names.has(name) ? shown(name, value, { parameters, urls }) : REDACTED));
}

/** The headers as they are, but for `authorization` and cookies. */
export function withoutCredentials(headers: HttpHeaders): HttpHeaders {
  return mapped(headers, (name, value) => (CREDENTIALS.has(name) ? REDACTED : value));
}

interface ShownOptions {
  readonly parameters?: ReadonlySet<string>;
  readonly urls?: readonly URL[];
}

function shown(name: string, value: string, { parameters, urls }: ShownOptions = {}): string {
  return LOCATIONS.has(name) ? redactedUrls(value, parameters) : redactedEcho(value, urls);
}

function mapped(headers: HttpHeaders, show: (name: string, value: string) => string): HttpHeaders {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, show(name, value)] as const],
  );
  return Object.fromEntries(entries);
}
