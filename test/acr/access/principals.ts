import type { Access } from "../../support/token-scope.ts";

export type RepositoryAction = "pull" | "push" | "delete" | "metadata_read" | "metadata_write";

/** What somebody may do. */
export interface Grants {
  /** Actions by repository; `*` stands for every one that is not named. */
  readonly repositories: Readonly<Record<string, readonly RepositoryAction[]>>;
  /** Whether all repositories may be listed. */
  readonly catalog: boolean;
}

export const OWNER: Grants = {
  repositories: { "*": ["pull", "push", "delete", "metadata_read", "metadata_write"] },
  catalog: true,
};

/** What anonymous clients may do, where the registry lets them in. */
export const READER: Grants = { repositories: { "*": ["pull", "metadata_read"] }, catalog: true };

/** The name of whoever shows no credentials. */
export const ANONYMOUS = "";

/** A user with a password: the admin user, or a repository-scoped token. */
export interface PasswordUser {
  readonly password: string;
  readonly grants: Grants;
}

/** Who is known, and what each may do. */
export class Principals {
  readonly #users: ReadonlyMap<string, PasswordUser>;
  readonly #grants: ReadonlyMap<string, Grants>;

  /** @param others the grants of those without a password: the service principal, and `ANONYMOUS` where it may come in. */
  constructor(users: Readonly<Record<string, PasswordUser>>, others: Readonly<Record<string, Grants>>) {
    this.#users = new Map(Object.entries(users));
    const own = Object.entries(users).map(([name, { grants }]) => [name, grants] as const);
    this.#grants = new Map([...own, ...Object.entries(others)]);
  }

  has(name: string): boolean {
    return this.#grants.has(name);
  }

  hasPassword(name: string, password: string): boolean {
    return this.#users.get(name)?.password === password;
  }

  /** What of the access the principal may have; undefined where that is nothing. */
  allowed(name: string, { type, name: resource, actions }: Access): Access | undefined {
    const grants = this.#grants.get(name);
    if (grants === undefined) return undefined;
    const granted = type === "repository" ? repositoryActions(grants, resource) : grants.catalog ? ["*"] : [];
    const given = actions.includes("*") ? granted : actions.filter((action) => granted.includes(action));
    return given.length === 0 ? undefined : { type, name: resource, actions: given };
  }
}

function repositoryActions({ repositories }: Grants, name: string): readonly string[] {
  return repositories[name] ?? repositories["*"] ?? [];
}
