/** What a path below `/acr/v1` names. Names are as they came. */
export type ManagementRoute =
  | { readonly kind: "catalog" }
  | { readonly kind: "repository"; readonly repository: string }
  | { readonly kind: "tags"; readonly repository: string }
  | { readonly kind: "tag"; readonly repository: string; readonly tag: string }
  | { readonly kind: "manifests"; readonly repository: string }
  | { readonly kind: "manifest"; readonly repository: string; readonly digest: string };

const PATH = /^\/acr\/v1\/(?<repository>[^_].*?)(?:\/_tags(?:\/(?<tag>[^/]+))?|\/_manifests(?:\/(?<digest>[^/]+))?)?$/;

/** Reads a decoded path; undefined where it is none of ACR's own. */
export function parseManagementRoute(path: string): ManagementRoute | undefined {
  if (path === "/acr/v1/_catalog") return { kind: "catalog" };
  const { repository, tag, digest } = PATH.exec(path)?.groups ?? {};
  if (repository === undefined) return undefined;
  if (tag !== undefined) return { kind: "tag", repository, tag };
  if (digest !== undefined) return { kind: "manifest", repository, digest };
  if (path.endsWith("/_tags")) return { kind: "tags", repository };
  return { kind: path.endsWith("/_manifests") ? "manifests" : "repository", repository };
}
