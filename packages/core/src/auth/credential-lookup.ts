import { SingleFlight } from "../concurrency/single-flight.ts";
import { checkCredential } from "../credentials/check-credential.ts";
import type { AnonymousCredential, Credential, CredentialProvider } from "../credentials/credential.ts";

/** What can be shown to a registry. */
export type UsableCredential = Exclude<Credential, AnonymousCredential>;

export interface CredentialLookupOptions {
  readonly host: string;
  readonly credentials: CredentialProvider;
  /** ms of a clock that only goes forward. */
  readonly now: () => number;
}

interface Found {
  readonly credential: Credential | undefined;
  readonly endsAt: number;
}

/** Before a credential's end its provider is asked anew; one that claims to have ended already is used that long. In ms. */
const RESERVE_MS = 60_000;

/** The credentials of one registry, each asked for once for its repository, and again when it has ended. */
export class CredentialLookup {
  readonly #options: CredentialLookupOptions;
  readonly #lookups = new SingleFlight<Credential | undefined>();
  readonly #found = new Map<string, Found>();
  readonly #owners = new Map<UsableCredential | undefined, number>();

  constructor(options: CredentialLookupOptions) {
    this.#options = options;
  }

  /** The credential for a repository, or for the registry itself; undefined means anonymous. */
  async find(repository: string | undefined, signal: AbortSignal | undefined): Promise<UsableCredential | undefined> {
    const credential = await this.#lookUp(repository, signal);
    return credential?.kind === "anonymous" ? undefined : credential;
  }

  /** Why there is no credential, as far as the provider says. */
  async whyNone(repository: string | undefined, signal: AbortSignal | undefined): Promise<string | undefined> {
    const credential = await this.#lookUp(repository, signal);
    return credential?.kind === "anonymous" ? credential.reason : undefined;
  }

  /** A number for each credential, so that none is part of a key. Equal ones of several repositories share their tokens. */
  ownerOf(credential: UsableCredential | undefined): number {
    for (const [known, owner] of this.#owners) {
      if (isSame(known, credential)) return owner;
    }
    this.#owners.set(credential, this.#owners.size);
    return this.#owners.size - 1;
  }

  async #lookUp(repository: string | undefined, signal: AbortSignal | undefined): Promise<Credential | undefined> {
    const { host, credentials, now } = this.#options;
    const key = repository ?? "";
    const found = this.#found.get(key);
    if (found !== undefined && now() < found.endsAt) return found.credential;
    return this.#lookups.run(
      key,
      async (shared) => {
        const credential = await credentials({ host, repository }, { signal: shared });
        if (credential !== undefined) checkCredential(credential);
        this.#found.set(key, { credential, endsAt: now() + usableMs(credential) });
        return credential;
      },
      signal,
    );
  }
}

function usableMs(credential: Credential | undefined): number {
  if (credential?.expiresAt === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(RESERVE_MS, credential.expiresAt - Date.now() - RESERVE_MS);
}

function isSame(a: UsableCredential | undefined, b: UsableCredential | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  switch (a.kind) {
    case "basic":
      return b.kind === "basic" && a.username === b.username && a.password === b.password;
    case "entra":
      return b.kind === "entra" && a.credential === b.credential && a.audience === b.audience;
    default:
      return a.kind === b.kind && a.token === b.token;
  }
}
