import { RegistryError, StoreError } from "@tranship/core";

/** What the user can do about an error, for the end of its line; undefined where nothing is known or the message says it itself. */
export function hintFor(error: unknown): string | undefined {
  if (error instanceof Error && / with: tranship |--insecure|--plain-http/.test(error.message)) return undefined;
  const cause = storeErrorIn(error);
  if (!(cause instanceof RegistryError)) return undefined;
  const place = placeOf(cause);
  if (cause.code === "UNAUTHORIZED" || cause.status === 401) return `log in with: tranship login ${place.host}`;
  if (cause.code === "DENIED" || cause.status === 403) {
    return `the account may lack this right; change it with: tranship login ${place.host}`;
  }
  // Of a digest that is missing, or a repository, a list of tags tells nothing.
  if (cause.code === "MANIFEST_UNKNOWN" && place.tag !== undefined && !isOfRepository(cause)) {
    return `see what is there with: tranship ls ${place.host}/${place.repository}`;
  }
  return undefined;
}

function isOfRepository({ errors }: RegistryError): boolean {
  return errors.some(({ code }) => code === "NAME_UNKNOWN");
}

/** The store's error in what wraps it. */
export function storeErrorIn(error: unknown): StoreError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof StoreError) return at;
  }
  return undefined;
}

interface Place {
  readonly host: string;
  readonly repository?: string | undefined;
  /** Where a manifest was asked for by one. */
  readonly tag?: string | undefined;
}

/** The registry and repository as a user names them; no host where a token server or a CDN answered. */
function placeOf(error: RegistryError): Place {
  const url = URL.parse(error.url);
  const path = /^\/v2\/(?:(.+)\/(?:manifests\/([^/:%]+)$|manifests\/|blobs\/|tags\/))?/.exec(url?.pathname ?? "");
  if (url === null || path === null) return { host: "HOST" };
  const host = url.host === "registry-1.docker.io" ? "docker.io" : url.host;
  return { host, repository: path[1], tag: path[2] };
}
