/** The key under which docker keeps Docker Hub's credential, in its file and in its helpers. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS: ReadonlySet<string> = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/** One name for each registry: lower case, without a trailing dot, and `docker.io` for each of Docker Hub's hosts. */
export function registryName(host: string): string {
  // A trailing dot only says that the name is complete.
  const name = host.toLowerCase().replace(/\.(?=:\d+$|$)/, "");
  return DOCKER_HUB_HOSTS.has(name) ? "docker.io" : name;
}

/** What docker calls a registry, as a key of `auths` and to a credential helper. */
export function dockerServerName(host: string): string {
  return registryName(host) === "docker.io" ? DOCKER_HUB_KEY : host;
}

/** What a key of `auths` stands for: a whole registry, or with podman a namespace or repository in one. */
export type AuthKey =
  | { readonly kind: "registry"; readonly registry: string }
  | { readonly kind: "namespace"; readonly namespace: string };

/**
 * Reads a key of `auths`. One with a scheme (`https://host/v1/`, as docker wrote for years) is a registry whatever its path; without a scheme
 * a path is podman's namespace (`host/team/app`), but for the API's own `host/v1/` and `host/v2/`.
 * A slash at the end is ignored, and so is a user before an "@".
 */
export function parseAuthKey(key: string): AuthKey {
  const bare = key.replace(/^https?:\/\//, "").replace(/^[^/]*@/, "");
  const slash = bare.indexOf("/");
  if (slash === -1) return { kind: "registry", registry: registryName(bare) };
  const registry = registryName(bare.slice(0, slash));
  const path = bare.slice(slash).replace(/\/+$/, "");
  if (bare !== key || /^(?:\/v[12])?$/.test(path)) return { kind: "registry", registry };
  return { kind: "namespace", namespace: `${registry}${path}` };
}

/** The namespaces that a repository lies in, longest first: `host/a/b`, `host/a`. Without a repository there are none. */
export function namespacesOf(host: string, repository: string | undefined): readonly string[] {
  if (repository === undefined) return [];
  const parts = repository.split("/");
  const registry = registryName(host);
  return parts.map((_, i) => `${registry}/${parts.slice(0, parts.length - i).join("/")}`);
}

/** A key as a message may show it: a user and password within a URL are left out. */
export function shownKey(key: string): string {
  return key.slice(key.lastIndexOf("@") + 1);
}
