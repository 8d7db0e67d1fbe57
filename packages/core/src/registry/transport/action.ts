import { repositoryOf } from "../../auth/scope.ts";
import type { RegistryRequest } from "../../http/request.ts";

/** What a request is for, in the words of a message: `read manifest "latest" from "r.example/app"`, without any secret of its URL. */
export function actionOf(request: RegistryRequest, host: string): string {
  const path = typeof request.path === "string" ? request.path : request.path.pathname;
  const repository =
    repositoryOf(request.scopes) ?? /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(path)?.[1];
  const place = repository === undefined ? host : `"${host}/${repository}"`;
  const object = /\/(?:manifests|blobs|referrers)\/([^/?]+)(?:\?|$)/.exec(path)?.[1];
  const name = object === undefined || object === "uploads" ? "" : ` "${decode(object)}"`;
  switch (request.kind) {
    case "manifest":
    case "blob":
      return `${verbOf(request.method)} ${request.kind}${name} ${prepositionOf(request.method)} ${place}`;
    case "upload":
      return `${request.method === "DELETE" ? "cancel an upload" : `push blob${pushedDigest(request.path)}`} to ${place}`;
    case "tags":
      return `list the tags of ${place}`;
    case "referrers":
      return `list the referrers of${name} in ${place}`;
    case "catalog":
      return `list the repositories of ${host}`;
    default:
      return `reach ${host}`;
  }
}

function verbOf(method: RegistryRequest["method"]): string {
  if (method === "HEAD") return "look up";
  if (method === "DELETE") return "delete";
  return method === "GET" ? "read" : "push";
}

function prepositionOf(method: RegistryRequest["method"]): string {
  if (method === "HEAD") return "in";
  return method === "GET" || method === "DELETE" ? "from" : "to";
}

/** The digest of a blob is in the query of what starts or ends its upload. */
function pushedDigest(path: string | URL): string {
  const query = typeof path === "string" ? path.slice(path.indexOf("?") + 1) : path.search;
  const parameters = new URLSearchParams(query);
  const digest = parameters.get("digest") ?? parameters.get("mount");
  return digest === null ? "" : ` "${digest}"`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
