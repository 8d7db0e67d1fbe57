import { storeErrorIn } from "@tranship/copy";
import { RegistryError } from "@tranship/core";
import { isAzure } from "../registries/is-azure.ts";
import { redirectHint } from "./redirect-hint.ts";
import { tlsHint } from "./tls-hint.ts";

/** What the user can do about an error, for the end of its line; undefined where nothing is known or the message says it itself. */
export function hintFor(error: unknown): string | undefined {
  if (error instanceof Error && / with: tranship |the Entra identity|no credentials were shown/.test(error.message))
    return undefined;
  const cause = storeErrorIn(error);
  if (cause?.code === "PLATFORM_UNKNOWN" && cause.message.includes("; the others that were asked for"))
    return "these are copied with --skip-missing-platforms, in a mirror file with missingPlatforms: skip";
  if (cause?.code === "LINK_REFUSED")
    return "links are read where they lead into a folder that --layout-root DIR names";
  if (!(cause instanceof RegistryError)) return undefined;
  if (cause.message.endsWith("; there may be more than was listed"))
    return "check the registry, or a proxy or cache in front of it";
  if (SAYS_ELSEWHERE.test(cause.message)) return "try again: its links expire; else ask whoever runs the registry";
  const [, plain] = /; to allow it, list (\S+) in plainHttpTo$/.exec(cause.message) ?? [];
  if (plain !== undefined)
    return `that is --plain-http ${plain}, or plainHttp of this host under hosts in a mirror file`;
  if (cause.code === "REDIRECT_REFUSED") return redirectHint(cause.message);
  const ofTls = tlsHint(cause.message);
  if (ofTls !== undefined) return ofTls;
  const ofProxy = proxyHint(cause.message);
  if (ofProxy !== undefined) return ofProxy;
  const place = placeOf(cause);
  const host = place.host ?? hostIn(error);
  const [, credentials] =
    /; (?:the|no) credentials for \S+(?: \([^()]*\))? were (found|given|refused)/.exec(cause.message) ?? [];
  if (host !== undefined && (cause.code === "UNAUTHORIZED" || cause.status === 401 || credentials !== undefined)) {
    return `log in${credentials === "refused" ? " again" : ""} with: tranship login ${host}`;
  }
  if (host !== undefined && (cause.code === "DENIED" || cause.status === 403)) {
    return `the account may lack this right; change it with: tranship login ${host}`;
  }
  if (cause.code === "RATE_LIMITED" && !cause.message.includes("the floor is ")) {
    const option = cause.message.includes(" s in all)") ? "--max-total-wait" : "--max-wait";
    return `copy, sync, plan, apply, verify and prune wait longer with ${option} SECONDS`;
  }
  const lock = lockHint(cause, place);
  if (lock !== undefined) return lock;
  if (cause.method === "DELETE" && cause.status === 405 && SAYS_NO_MORE.test(cause.message))
    return "the registry may let nothing be deleted (distribution: storage.delete.enabled)";
  // Of a digest that is missing, or a repository, a list of tags tells nothing.
  if (cause.code === "MANIFEST_UNKNOWN" && place.tag !== undefined && !isOfRepository(cause)) {
    return `see what is there with: tranship ls ${place.host}/${place.repository}`;
  }
  return undefined;
}

/** A storage or CDN that a registry led to: no login at the registry changes what it refuses. */
const SAYS_ELSEWHERE = /; it is \S+ that refuses, where \S+ led to, /;

/** What no login at the registry changes. */
function proxyHint(message: string): string | undefined {
  const [, proxy, rest = ""] = /the proxy (\S+)(.*)$/.exec(message) ?? [];
  if (proxy === undefined) return undefined;
  if (rest.endsWith("(407)")) return `give them in the proxy's URL: http://USER:PASSWORD@${proxy}`;
  if (rest.endsWith("(403)") || message.includes("(403), at the registry or the proxy "))
    return "see the proxy's rules, or name the host in NO_PROXY";
  return undefined;
}

/** A refusal with no reason of its own: distribution's sentence, or ours where a registry gave none. */
const SAYS_NO_MORE = /operation is unsupported|does not support this/i;

/** What Azure says of an operation that a lock forbids. */
const DISALLOWED = "disallowed on this registry, repository or image";

/**
 * Azure answers 405 to what a lock forbids, and to other requests that it does not support. It is a lock
 * where Azure says so, or refuses a deletion of its own API; a HEAD is refused without a word, so there it may be one.
 */
function lockHint(
  { status, method, message }: RegistryError,
  { host, repository, reference, ofAzure = false }: Place,
): string | undefined {
  if (status !== 405 || method === "PATCH" || host === undefined || repository === undefined) return undefined;
  const isLocked = message.includes(DISALLOWED) || (ofAzure && method === "DELETE");
  if (!isLocked && !isAzure(host)) return undefined;
  const read = method === "GET" || method === "HEAD" ? "--read " : "";
  const name = `${host}/${repository}${reference === undefined ? "" : `${reference.includes(":") ? "@" : ":"}${reference}`}`;
  const unlock = `tranship acr unlock ${read}${name}`;
  if (!isLocked) return `it may be locked; see with: tranship acr show ${name}, and unlock it with: ${unlock}`;
  const owners = reference?.includes(":") === true ? "a tag of it or its repository" : "what it belongs to";
  return `it is locked, or ${owners}; unlock it with: ${unlock}`;
}

function isOfRepository({ errors }: RegistryError): boolean {
  return errors.some(({ code }) => code === "NAME_UNKNOWN");
}

interface Place {
  /** Undefined where a token server or a CDN answered. */
  readonly host?: string | undefined;
  readonly repository?: string | undefined;
  /** Where a manifest was asked for by one. */
  readonly tag?: string | undefined;
  /** The tag or digest that was asked for. */
  readonly reference?: string | undefined;
  /** Whether it was a request of Azure's own API. A deletion by it is sent only to a host that has shown that it is Azure. */
  readonly ofAzure?: boolean;
}

/** The registry and repository as a user names them. */
function placeOf(error: RegistryError): Place {
  const url = URL.parse(error.url);
  const path = url?.pathname ?? "";
  if (url === null || !/^\/(?:v2|acr\/v1|oauth2)\//.test(path)) return {};
  const host = url.host === "registry-1.docker.io" ? "docker.io" : url.host;
  const own = /^\/acr\/v1\/(.+?)(?:\/_(?:tags|manifests)(?:\/([^/]+))?)?$/.exec(path);
  if (own !== null) return { host, repository: own[1], reference: decoded(own[2]), ofAzure: true };
  const spec = /^\/v2\/(.+)\/(?:manifests\/([^/]+)$|manifests\/|blobs\/|tags\/)/.exec(path);
  const reference = decoded(spec?.[2]);
  return { host, repository: spec?.[1], reference, tag: reference?.includes(":") === true ? undefined : reference };
}

function decoded(part: string | undefined): string | undefined {
  return part === undefined ? undefined : decodeURIComponent(part);
}

/** The registry that the message speaks of, `"r.example/app"`: where its token server or CDN answered, the URL doesn't tell it. */
function hostIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return / "([a-z0-9.-]+[.:][a-z0-9.:-]+|localhost)\/[^"\s]+"/i.exec(error.message)?.[1] ?? hostIn(error.cause);
}
