import { parseJson } from "../../content/parse-json.ts";
import { type ErrorCode, RegistryError, type RegistryErrorDetail } from "../../errors/errors.ts";
import type { HttpRequest, HttpResponse } from "../message/message.ts";
import { redactedEcho, redactedValue } from "../message/redact-echo.ts";
import { REDACTED } from "../message/redact-query.ts";
import { parseRetryAfter } from "../message/retry-after.ts";

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_DETAIL = 300;

const SPEC_CODES: ReadonlySet<string> = new Set([
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_INVALID",
  "BLOB_UPLOAD_UNKNOWN",
  "DIGEST_INVALID",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
  "NAME_INVALID",
  "NAME_UNKNOWN",
  "SIZE_INVALID",
  "UNAUTHORIZED",
  "DENIED",
  "UNSUPPORTED",
  "TOOMANYREQUESTS",
]);

/** Codes that say that something is missing. */
const MISSING_CODES: ReadonlySet<string> = new Set([
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_UNKNOWN",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_UNKNOWN",
  "NAME_UNKNOWN",
]);

/**
 * The error for a status that the caller does not handle. Its code is the registry's where the spec knows it and the status can mean it, else what the status means.
 * Reads the body, up to 64 KiB of it; what can't be read is left out.
 * Spec: distribution-spec v1.1.1, "Error Codes".
 */
export async function refusalOf(response: HttpResponse, request: HttpRequest): Promise<RegistryError> {
  const text = await readText(response);
  request.signal?.throwIfAborted();
  if (isForTls(text, response)) {
    return new RegistryError(
      "TLS",
      `Cannot ${request.action()}: ${speaksTls(response.url.host)} (${response.status})`,
      {
        status: response.status,
        method: request.method,
        url: response.url.href,
      },
    );
  }
  const urls = [request.url, response.url];
  const errors = parseErrors(text, urls);
  const said = saidBy(errors) ?? titleOf(text, response, urls) ?? meaningOf(response);
  const retryAfterMs = parseRetryAfter(response.headers["retry-after"]);
  const spoken = errors.find(({ code }) => SPEC_CODES.has(code) && canMean(code, response.status))?.code;
  const code = spoken ?? codeOf(response.status, request);
  // Without the registry's own words it may be the proxy's refusal, which is never a 401.
  const isOwn = errors.length > 0 || response.status === 401 || response.proxy === undefined;
  const at = isOwn ? "" : `, at the registry or the proxy ${response.proxy}`;
  return new RegistryError(code, `Cannot ${request.action()}: ${said} (${response.status})${at}`, {
    status: response.status,
    method: request.method,
    url: response.url.href,
    errors,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Whoever is refused, or told to come back, was not told that something is missing, whatever code stands beside it. */
function canMean(code: string, status: number): boolean {
  return !MISSING_CODES.has(code) || (status < 500 && ![401, 403, 408, 425, 429].includes(status));
}

/** What Go's and nginx's servers answer in plain text to a request that should have come over TLS. */
function isForTls(text: string, { status, url }: HttpResponse): boolean {
  if (status !== 400 || url.protocol !== "http:") return false;
  return /Client sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/i.test(text);
}

function speaksTls(host: string): string {
  return `${host} speaks TLS, and was asked without`;
}

async function readText(response: HttpResponse): Promise<string> {
  try {
    return new TextDecoder().decode(await response.body.bytes(MAX_ERROR_BYTES));
  } catch {
    return "";
  }
}

/** The `errors` of a registry's answer; none where the answer is something else. */
export function parseErrors(text: string, urls: readonly URL[] = []): readonly RegistryErrorDetail[] {
  let document: unknown;
  try {
    document = parseJson(text);
  } catch {
    return [];
  }
  if (!isRecord(document) || !Array.isArray(document["errors"])) return [];
  return document["errors"].filter(isRecord).flatMap((entry) => {
    const { code, message, detail } = entry;
    if (typeof code !== "string" || code === "") return [];
    return [
      {
        code: shortened(code, urls),
        ...(typeof message === "string" && message !== "" ? { message: shortened(message, urls) } : {}),
        ...(detail === undefined || detail === null ? {} : { detail: redactedValue(detail, urls) }),
      },
    ];
  });
}

function saidBy(errors: readonly RegistryErrorDetail[]): string | undefined {
  const [first] = errors;
  return first === undefined ? undefined : (first.message ?? first.code);
}

/** A page of a proxy in between is cut to its title; a line of plain text is taken as it is. */
function titleOf(text: string, response: HttpResponse, urls: readonly URL[]): string | undefined {
  const type = response.headers["content-type"] ?? "";
  if (/html/i.test(type) || /^\s*</.test(text)) {
    const title = /<title[^<>]*>([^<]*)</i.exec(text)?.[1]?.trim();
    return title === undefined || title === "" ? undefined : shortened(title, urls);
  }
  const line = text.trim();
  return /^text\/plain/i.test(type) && line !== "" ? shortened(line, urls) : undefined;
}

/** On one line, without control characters and secrets, of a length that fits a message. */
function shortened(text: string, urls: readonly URL[]): string {
  const line = redactedEcho(withoutEcho(text.replace(/[\p{C}\p{Z}]+/gu, " ").trim()), urls);
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL)}…` : line;
}

/** Some proxies repeat the headers that they refuse. */
function withoutEcho(line: string): string {
  return line.replace(/\b(Basic|Bearer) ([\w.~+/-]{8,}=*)/gi, (all, scheme: string, value: string) => {
    const isBasic = scheme.toLowerCase() === "basic";
    const isSecret = isBasic ? Buffer.from(value, "base64").includes(":") : value.length >= 16 && /\d/.test(value);
    return isSecret ? `${scheme} ${REDACTED}` : all;
  });
}

function codeOf(status: number, request: HttpRequest): ErrorCode {
  switch (status) {
    case 401:
      return "UNAUTHORIZED";
    case 403:
      return "DENIED";
    case 404:
      return unknownCode(request);
    case 405:
      return "UNSUPPORTED";
    case 429:
      return "TOOMANYREQUESTS";
    default:
      return "PROTOCOL";
  }
}

function unknownCode(request: HttpRequest): ErrorCode {
  if (request.kind === "manifest") return "MANIFEST_UNKNOWN";
  if (request.kind === "blob") return "BLOB_UNKNOWN";
  if (request.kind === "upload" && request.method !== "POST") return "BLOB_UPLOAD_UNKNOWN";
  return "NAME_UNKNOWN";
}

function meaningOf({ status, proxy }: HttpResponse): string {
  switch (status) {
    case 401:
      return "authentication is required";
    case 403:
      return "access is denied";
    case 404:
      return "not found";
    case 405:
      return "the registry does not support this";
    case 413:
      return "the body is too large";
    case 429:
      return "too many requests";
    default:
      if (status < 500) return "unexpected answer";
      return proxy === undefined ? "the registry failed" : "the request failed";
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
