import { RegistryError } from "../../errors/errors.ts";
import type { Interceptor } from "../interceptor.ts";
import type { HttpRequest, HttpResponse, Send } from "../message/message.ts";
import type { LocationPolicy } from "./location.ts";

const MAX_REDIRECTS = 10;

/**
 * Follows the redirects of a request, unless it says otherwise: GET and HEAD through 301, 302, 303,
 * 307 and 308; POST, PUT and PATCH through 307 and 308 only, with their body made again. A DELETE
 * follows only where it says so: what it deletes elsewhere is not what was asked for. `authorization` goes
 * to the first origin only, and not to it again once it was left.
 * Each hop is one request. What was redirected is dropped.
 * @throws (when it sends) {RegistryError} REDIRECT_REFUSED by the policy, for a loop and after 10
 * hops; PROTOCOL without a Location.
 */
export function redirects(policy: LocationPolicy): Interceptor {
  return (next) => async (request) => {
    const first = await next(request);
    const { method, followRedirects = method !== "DELETE" } = request;
    return followRedirects && isRedirect(first.status, method) ? follow(request, first, next, policy) : first;
  };
}

async function follow(
  request: HttpRequest,
  redirected: HttpResponse,
  send: Send,
  policy: LocationPolicy,
): Promise<HttpResponse> {
  const seen = new Set([request.url.href]);
  let hop = request;
  let response = redirected;
  while (isRedirect(response.status, request.method)) {
    await response.body.drop();
    const location = response.headers["location"];
    if (location === undefined) throw broken("PROTOCOL", "redirected without a Location", hop, response.status);
    const url = policy.resolve(location, response.url, request);
    if (seen.has(url.href)) throw broken("REDIRECT_REFUSED", "the redirects go in a circle", hop, response.status);
    if (seen.size > MAX_REDIRECTS) {
      throw broken("REDIRECT_REFUSED", `more than ${MAX_REDIRECTS} redirects`, hop, response.status);
    }
    seen.add(url.href);
    hop = { ...hop, url, headers: url.origin === hop.url.origin ? hop.headers : withoutCredentials(hop.headers) };
    response = await send(hop);
  }
  return response;
}

function isRedirect(status: number, method: HttpRequest["method"]): boolean {
  if (status === 307 || status === 308) return true;
  return (status === 301 || status === 302 || status === 303) && (method === "GET" || method === "HEAD");
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { authorization: _, ...rest } = headers;
  return rest;
}

function broken(code: string, detail: string, hop: HttpRequest, status: number): RegistryError {
  return new RegistryError(code, `Cannot ${hop.action()}: ${detail} (${status})`, {
    status,
    method: hop.method,
    url: hop.url.href,
  });
}
