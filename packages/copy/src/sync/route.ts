import type { SyncRepository } from "./sync-repository.ts";

/** The registry of a repository as stores are named: `registry.example/app`, `oci:/images`. */
function hostOf(name: string): string {
  return name.startsWith("oci:") ? "oci:" : name.slice(0, name.indexOf("/"));
}

/** From which registry to which ones something goes. */
export function routeOf(from: string, targets: readonly string[]): string {
  return [hostOf(from), ...new Set(targets.map(hostOf).toSorted())].join(" ");
}

/**
 * The routes of repositories. All that write to one target repository share a route: which of two
 * sources may write a tag depends on their order.
 */
export class Routes {
  readonly #byTarget = new Map<string, string>();

  of({ from, targets }: Pick<SyncRepository, "from" | "targets">): string {
    const names = targets.map(({ to }) => to);
    const known = names.flatMap((name) => this.#byTarget.get(name) ?? [])[0];
    const route = known ?? routeOf(from, names);
    for (const name of names) if (!this.#byTarget.has(name)) this.#byTarget.set(name, route);
    return route;
  }
}
