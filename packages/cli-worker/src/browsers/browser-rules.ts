import type { IncomingMessage } from "node:http";
import type { AllowedHosts } from "./allowed-hosts.ts";
import { type Authority, parseAuthority } from "./authority.ts";

/**
 * Headers of every response, errors included: no browser guesses a type, runs what it is sent, shows it in a frame,
 * or gives it to a page of another origin. Without them a stored manifest of the type `text/html` would be a page
 * of this origin.
 */
export const BROWSER_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
};

/** Why a request is not served. */
export interface BrowserRefusal {
  readonly status: 400 | 403;
  readonly message: string;
}

/** What the rules read of a request. */
export type RequestHead = Pick<IncomingMessage, "method" | "url" | "headers" | "headersDistinct">;

/**
 * Refuses what only a page of another origin sends, whatever its method: a Host that is not allowed (DNS rebinding),
 * an Origin that is not the server's own, and a request that the browser itself marks as coming from another site.
 * Programs that are not browsers send none of these but the Host.
 * Spec: Fetch, "Origin header"; Fetch Metadata, "Sec-Fetch-Site"; RFC 9112, section 3.2.
 */
export function refuseBrowser(request: RequestHead, allowed: AllowedHosts): BrowserRefusal | undefined {
  const authority = authorityOf(request);
  if (authority === undefined) {
    return { status: 400, message: "Cannot serve the request: it needs one valid Host header" };
  }
  if (!allowed.allows(authority.host)) {
    const message = `Cannot serve the request for host ${JSON.stringify(authority.host)}: use the server's address, or start it with --allowed-host ${authority.host}`;
    return { status: 403, message };
  }
  if (!isOwnOrigin(request.headers.origin, authority)) {
    return { status: 403, message: "Cannot serve the request: it comes from a page of another origin" };
  }
  if (isForeignSite(request)) {
    return { status: 403, message: "Cannot serve the request: it comes from a page of another site" };
  }
  return undefined;
}

/** The path and query of a request's target, which may be a whole URL. */
export function pathOf(url: string): string {
  const target = /^https?:\/\/[^/?#]*(.*)$/is.exec(url);
  if (target === null) return url;
  const [, rest = ""] = target;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** The host that the request is for; undefined where it is not clear. */
function authorityOf({ url = "", headersDistinct }: RequestHead): Authority | undefined {
  const [host, ...others] = headersDistinct.host ?? [];
  if (host === undefined || others.length > 0) return undefined;
  const authority = parseAuthority(host);
  const target = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  if (target === undefined || authority === undefined) return authority;
  const named = parseAuthority(target);
  return named?.host === authority.host && named.port === authority.port ? authority : undefined;
}

/** A scheme may differ: a proxy that speaks TLS may be in between. */
function isOwnOrigin(origin: string | undefined, { host, isAddress, port }: Authority): boolean {
  if (origin === undefined) return true;
  const [, scheme = "", place = ""] = /^(https?):\/\/([^/]+)$/i.exec(origin) ?? [];
  const from = parseAuthority(place);
  const standard = scheme.toLowerCase() === "https" ? 443 : 80;
  return (
    from !== undefined &&
    from.host === host &&
    from.isAddress === isAddress &&
    (from.port ?? standard) === (port ?? standard)
  );
}

/** A link to the server may be followed: the page that has it sees nothing of the response. */
function isForeignSite({ method = "GET", headers }: RequestHead): boolean {
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return false;
  const isRead = method === "GET" || method === "HEAD";
  return !(isRead && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document");
}
