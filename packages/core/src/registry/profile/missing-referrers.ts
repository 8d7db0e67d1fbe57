import { KeyedLock } from "../../concurrency/keyed-lock.ts";

/** How long a 404 is remembered, in ms: an upgraded registry shows new signatures within that time. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * Repositories of one host that answered that there is no referrers API, each for at most 10 minutes and in this process only:
 * one repository says nothing of another, since a host may stand in front of several registries (Artifactory, Nexus).
 */
export class MissingReferrers {
  /** When each of them answered so, in ms since 1970. */
  readonly #seen = new Map<string, number>();
  /** Repositories that were requested, whatever they answered. */
  readonly #requested = new Set<string>();
  readonly #lock = new KeyedLock();

  /** The repository has no referrers API, now. */
  add(repository: string): void {
    this.#seen.set(repository, Date.now());
  }

  has(repository: string): boolean {
    const seen = this.#seen.get(repository);
    if (seen === undefined) return false;
    const ageMs = Date.now() - seen;
    // A clock that was set back knows no ages.
    if (ageMs >= 0 && ageMs < REMEMBERED_MS) return true;
    this.#seen.delete(repository);
    this.#requested.delete(repository);
    return false;
  }

  /**
   * Sends a request for a repository, unless its API is known to be missing; the first one goes alone, so that its 404 spares the
   * others theirs. Undefined where nothing was sent.
   */
  async unlessMissing<T>(
    repository: string,
    request: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T | undefined> {
    if (this.has(repository)) return undefined;
    if (!this.#requested.has(repository)) {
      const first = await this.#lock.run(repository, () => this.#first(repository, request), signal);
      if (first !== undefined) return first.response;
    }
    return this.has(repository) ? undefined : request();
  }

  /** Undefined where another one was first. */
  async #first<T>(repository: string, request: () => Promise<T>): Promise<{ readonly response: T } | undefined> {
    if (this.#requested.has(repository)) return undefined;
    try {
      return { response: await request() };
    } finally {
      this.#requested.add(repository);
    }
  }
}
