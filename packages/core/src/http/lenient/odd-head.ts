import { RegistryError } from "../../errors/errors.ts";
import { codeOf, innermost } from "../errors/error-code.ts";
import { isParserError, isUnaskedContinue } from "../errors/parser-error.ts";
import { proxyFailureOf } from "../errors/proxy-failure.ts";
import type { HttpRequest } from "../message/message.ts";
import { BadHeadError } from "../message/response-head.ts";

/** What a strict parser says of a head that is too long. */
const TOO_LONG: ReadonlySet<string> = new Set([
  "HPE_HEADER_OVERFLOW",
  "LANE_HEAD_TOO_LONG",
  "UND_ERR_HEADERS_OVERFLOW",
]);

/** Whether a strict parser refused an answer that begins as HTTP does, so that a lenient one may read it. */
export function isOddAnswer(error: unknown): boolean {
  if (error instanceof RegistryError && error.code !== "PROTOCOL") return false;
  const reported = error instanceof RegistryError ? error.cause : error;
  if (proxyFailureOf(reported) !== undefined) return false;
  const cause = innermost(reported);
  const code = codeOf(cause);
  if (cause instanceof BadHeadError) return cause.isHttp;
  if (TOO_LONG.has(code) || isUnaskedContinue(cause)) return true;
  return isParserError(cause) && cause instanceof Error && !cause.message.includes("Expected HTTP/");
}

/** Whether the request may be sent again by whoever sends it: GET and HEAD, and what says so. */
export function isRepeatable({ method, retry = method === "GET" || method === "HEAD" }: HttpRequest): boolean {
  return retry;
}

/** The failure of a request whose answer broke for us: what repeats after a lost answer repeats it, and is read leniently then. */
export function asLostAnswer(error: unknown): unknown {
  if (!(error instanceof RegistryError) || error.code !== "PROTOCOL") return error;
  return new RegistryError("NETWORK", error.message, { cause: error.cause, method: error.method, url: error.url });
}
