import type { Scope } from "../http/request.ts";

/** The actions by resource: `repository:app` → pull, push. */
type Grants = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The scopes as one list without doubles: actions on one resource joined and sorted, resources in the order in which they came.
 * Spec: distribution v3.1, "Token Scope Documentation".
 */
export function mergeScopes(...lists: readonly (readonly Scope[])[]): readonly Scope[] {
  return [...grantsOf(lists.flat())].map(([resource, actions]) => `${resource}:${[...actions].sort().join(",")}`);
}

/** Whether a token that grants `granted` is good for `asked`; `*` is every action. */
export function coversScopes(granted: readonly Scope[], asked: readonly Scope[]): boolean {
  const grants = grantsOf(granted);
  return [...grantsOf(asked)].every(([resource, actions]) => {
    const allowed = grants.get(resource);
    return allowed !== undefined && (allowed.has("*") || [...actions].every((action) => allowed.has(action)));
  });
}

/** The repository that the first repository scope names. */
export function repositoryOf(scopes: readonly Scope[]): string | undefined {
  for (const scope of scopes) {
    const name = /^repository(?:\([^)]*\))?:(.+):[^:]*$/.exec(scope)?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}

function grantsOf(scopes: readonly Scope[]): Grants {
  const grants = new Map<string, Set<string>>();
  // One string may hold several scopes, separated by spaces, as in a challenge.
  for (const scope of scopes.flatMap((text) => text.split(/\s+/))) {
    const last = scope.lastIndexOf(":");
    if (last <= 0) continue;
    const resource = scope.slice(0, last);
    const actions = grants.get(resource) ?? new Set<string>();
    for (const action of scope.slice(last + 1).split(",")) if (action !== "") actions.add(action);
    grants.set(resource, actions);
  }
  return grants;
}
