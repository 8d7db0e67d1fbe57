import { type ErrorCode, RegistryError } from "../../errors/errors.ts";
import type { HttpRequest } from "../message/message.ts";
import { BadHeadError } from "../message/response-head.ts";
import type { Route } from "../message/route.ts";
import { codeOf, innermost } from "./error-code.ts";
import { isParserError, isUnaskedContinue } from "./parser-error.ts";
import { isFinalProxyRefusal, type ProxyFailure, proxyFailureOf } from "./proxy-failure.ts";

interface Diagnosis {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** OpenSSL's codes for a chain that ends in no authority that is trusted. */
const SIGNED_BY_OTHERS: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** A connection was not made because the policy forbids its address. */
export class RefusedAddressError extends Error {
  override readonly name = "RefusedAddressError";
}

/** The RegistryError for a request that got no answer, or only a part of one. */
export function connectionFailure(error: unknown, request: HttpRequest, route: Route = {}): RegistryError {
  const { code, detail } = diagnose(error, request.url, route);
  return new RegistryError(code, `Cannot ${request.action()}: ${detail}`, {
    cause: error,
    method: request.method,
    url: request.url.href,
  });
}

/** Whether no retry changes it: the host's name does not exist, or the proxy refuses. */
export function isFinalFailure(error: RegistryError): boolean {
  return codeOf(innermost(error.cause)) === "ENOTFOUND" || isFinalProxyRefusal(error.cause);
}

/** Whether the host took no connection: it is down, or has more of them than it wants. */
export function refusedConnection(error: unknown): boolean {
  return error instanceof RegistryError && codeOf(innermost(error.cause)) === "ECONNREFUSED";
}

/** Whether a server that speaks TLS has no use for HTTP/1.1: none of the protocols that were offered. Spec: RFC 7301, 3.2. */
export function refusesHttp1(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  const cause = innermost(error.cause);
  // The alert may come while the first bytes are written: then the code is EPROTO.
  return /no.application.protocol/i.test(`${codeOf(cause)} ${cause instanceof Error ? cause.message : ""}`);
}

function diagnose(error: unknown, url: URL, { proxy, givenAuthorities = false }: Route): Diagnosis {
  const byProxy = proxyFailureOf(error);
  if (proxy !== undefined && byProxy !== undefined) return proxyDiagnosis(byProxy, url, { proxy, givenAuthorities });
  const cause = innermost(error);
  const code = codeOf(cause);
  const message = messageOf(cause);
  if (cause instanceof RefusedAddressError) return { code: "REDIRECT_REFUSED", detail: message };
  // Over http the connection is one to the proxy; a tunnel's other end is the host.
  const peer: Peer =
    proxy !== undefined && url.protocol === "http:"
      ? { name: nameOf(proxy), url: proxy, isProxy: true }
      : { name: url.host, url, isProxy: false };
  if (isNoHttp(cause)) return noHttp(peer);
  if (isUnaskedContinue(cause)) {
    return { code: "PROTOCOL", detail: `${peer.name} sent a 100 or 101 that was not asked for` };
  }
  if (isMalformed(cause)) {
    return { code: "PROTOCOL", detail: `the answer of ${peer.name} is malformed HTTP (${message})` };
  }
  return (
    tlsDiagnosis(code, message, { name: peer.name, givenAuthorities }) ??
    httpDiagnosis(code, peer) ??
    networkDiagnosis(code, message, peer)
  );
}

/** Who is at the other end of the connection. */
interface Peer {
  /** As messages name it. */
  readonly name: string;
  readonly url: URL;
  readonly isProxy: boolean;
}

/** Neither its user nor its password. */
function nameOf(proxy: URL): string {
  return `the proxy ${proxy.host}`;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function noHttp({ name, url, isProxy }: Peer): Diagnosis {
  const secure = isProxy ? "; if it speaks TLS, its URL begins with https://" : "; it may speak TLS";
  return { code: "PROTOCOL", detail: `${name} does not answer in HTTP${url.protocol === "http:" ? secure : ""}` };
}

/** What has not even the first bytes of HTTP: for undici's parser, node:http's, and our own. */
function isNoHttp(cause: unknown): boolean {
  if (cause instanceof BadHeadError) return !cause.isHttp;
  return isParserError(cause) && cause instanceof Error && cause.message.includes("Expected HTTP/");
}

/** What begins as HTTP and goes on as nothing that can be told: two lengths, a line that is no header. */
function isMalformed(cause: unknown): boolean {
  return cause instanceof BadHeadError || isParserError(cause);
}

/** Who asks through a proxy makes connections to the proxy only; what is behind it, the proxy reaches, and says so by a status. */
function proxyDiagnosis(
  { status, cause: failure }: ProxyFailure,
  { host }: URL,
  { proxy, givenAuthorities }: { readonly proxy: URL; readonly givenAuthorities: boolean },
): Diagnosis {
  const peer: Peer = { name: nameOf(proxy), url: proxy, isProxy: true };
  const { name } = peer;
  if (status === 407) return network(`${name} refused the user name or password, or wants them (407)`);
  if (status !== undefined) return network(`${name} made no connection to ${host} (${status})`);
  const cause = innermost(failure);
  const code = codeOf(cause);
  const message = messageOf(cause);
  if (isNoHttp(cause)) return noHttp(peer);
  if (code === "UND_ERR_SOCKET") return network(`${name} closed the connection and made none to ${host}`);
  const ofTls = proxy.protocol === "https:" ? tlsDiagnosis(code, message, { name, givenAuthorities }) : undefined;
  return ofTls ?? httpDiagnosis(code, peer) ?? networkDiagnosis(code, message, peer);
}

function tlsDiagnosis(
  code: string,
  message: string,
  { name: host, givenAuthorities }: { readonly name: string; readonly givenAuthorities: boolean },
): Diagnosis | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH") {
    return tls(`the certificate of ${host} is for another name`);
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return tls(`the certificate of ${host} is ${code === "CERT_HAS_EXPIRED" ? "expired" : "not valid yet"}`);
  }
  if (givenAuthorities && SIGNED_BY_OTHERS.has(code)) {
    return tls(`the certificate of ${host} is signed by none of the authorities that were given (${code})`);
  }
  if (/CERT|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE/.test(code) && !code.startsWith("ERR_SSL_")) {
    return tls(`the certificate of ${host} is not trusted (${code}), and no authority for it was given`);
  }
  if (/wrong version number|packet length too long|http request|record layer failure/i.test(message)) {
    return tls(`${host} does not speak TLS`);
  }
  if (/unsafe legacy renegotiation/i.test(message)) {
    const toAllow = `to allow it, list ${host.replace(/^the proxy /, "")} in tls.legacyHosts`;
    return tls(`${host} does not support secure renegotiation (RFC 5746); ${toAllow}`);
  }
  if (code.startsWith("ERR_SSL_") || code === "EPROTO")
    return tls(`the TLS handshake with ${host} failed (${code}: ${reason(message)})`);
  if (/before secure TLS connection was established/.test(message)) {
    return network(`${host} closed the connection during the TLS handshake; it may speak no TLS`);
  }
  return undefined;
}

function tls(detail: string): Diagnosis {
  return { code: "TLS", detail };
}

/** OpenSSL's own words, out of `1408F10B:SSL routines:…:wrong version number:../file.c:332:`. */
function reason(message: string): string {
  return /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? message.slice(0, 120);
}

function httpDiagnosis(code: string, { name: host }: Peer): Diagnosis | undefined {
  switch (code) {
    case "LANE_CONNECT_TIMEOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return { code: "TIMEOUT", detail: `no connection to ${host} in time` };
    case "LANE_SEND_TIMEOUT":
    case "BODY_NOT_TAKEN":
      return { code: "TIMEOUT", detail: `${host} stopped taking the body of the request` };
    case "LANE_HEADERS_TIMEOUT":
    case "UND_ERR_HEADERS_TIMEOUT":
      return { code: "TIMEOUT", detail: `${host} did not answer in time` };
    case "LANE_BODY_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT":
      return { code: "TIMEOUT", detail: `${host} stopped in the middle of its answer` };
    case "LANE_CONTENT_LENGTH":
    case "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH":
      return { code: "SIZE_MISMATCH", detail: "the content is not as long as it was said to be" };
    case "HPE_HEADER_OVERFLOW":
    case "LANE_HEAD_TOO_LONG":
    case "UND_ERR_HEADERS_OVERFLOW":
      return { code: "PROTOCOL", detail: `the headers of ${host} are too long` };
    default:
      return undefined;
  }
}

function networkDiagnosis(code: string, message: string, { name: host, url, isProxy }: Peer): Diagnosis {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NODATA":
    case "EAI_NONAME":
      return network(`the name ${isProxy ? `of ${host}` : url.hostname} cannot be resolved (${code})`);
    case "ECONNREFUSED":
      return network(`${host} refused the connection`);
    case "ECONNRESET":
    case "EPIPE":
    case "LANE_CLOSED":
    case "UND_ERR_SOCKET":
    case "UND_ERR_RES_CONTENT_LENGTH_MISMATCH":
      return network(`${host} closed the connection${code.startsWith("E") ? ` (${code})` : ""}`);
    case "UND_ERR_DESTROYED":
    case "UND_ERR_CLOSED":
      return network("the client was closed");
    default:
      if (isProxy) return network(`${host} cannot be reached: ${message}${code === "" ? "" : ` (${code})`}`);
      return network(`${message}${code === "" ? "" : ` (${code})`}`);
  }
}

function network(detail: string): Diagnosis {
  return { code: "NETWORK", detail };
}
