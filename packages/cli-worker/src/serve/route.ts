/** What a path of the distribution API names. Repository, reference and digest are as they came, not yet validated. */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "catalog" }
  | { readonly kind: "tags"; readonly repository: string }
  | { readonly kind: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly kind: "blob"; readonly repository: string; readonly digest: string }
  | { readonly kind: "uploads"; readonly repository: string }
  | { readonly kind: "upload"; readonly repository: string; readonly session: string }
  | { readonly kind: "referrers"; readonly repository: string; readonly digest: string }
  | { readonly kind: "unknown" };

const REPOSITORY_PATH =
  /^\/v2\/(?<repository>.+)\/(?:(?<tags>tags\/list)|manifests\/(?<reference>[^/]+)|(?<uploads>blobs\/uploads)(?:\/(?<session>[^/]*))?|blobs\/(?<blob>[^/]+)|referrers\/(?<subject>[^/]+))$/;

/** Reads a decoded path. Spec: distribution-spec v1.1.1, "Endpoints". */
export function parseRoute(path: string): Route {
  if (path === "/v2/" || path === "/v2") return { kind: "base" };
  if (path === "/v2/_catalog") return { kind: "catalog" };
  const { repository, tags, reference, uploads, session, blob, subject } = REPOSITORY_PATH.exec(path)?.groups ?? {};
  if (repository === undefined) return { kind: "unknown" };
  if (tags !== undefined) return { kind: "tags", repository };
  if (reference !== undefined) return { kind: "manifest", repository, reference };
  if (uploads !== undefined) return session ? { kind: "upload", repository, session } : { kind: "uploads", repository };
  if (blob !== undefined) return { kind: "blob", repository, digest: blob };
  if (subject !== undefined) return { kind: "referrers", repository, digest: subject };
  return { kind: "unknown" };
}
