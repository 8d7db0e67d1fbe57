import { LRUCache } from "lru-cache";
import type { Scope } from "../http/request.ts";
import { coversScopes, mergeScopes } from "./scope.ts";
import type { Token } from "./token.ts";

/** Whose tokens: the token service and the credential that it was shown. Tokens of different ones are never mixed. */
export type TokenOwner = string;

interface Entry {
  readonly token: Token;
  readonly owner: TokenOwner;
  /** By the cache's clock, in ms. */
  readonly endsAt: number;
}

export interface FindTokenOptions {
  /** Whether a body will be sent: a token then has a quarter of its life left or 5 minutes, so that no long body is sent in vain. */
  readonly forBody?: boolean | undefined;
}

const MAX_TOKENS = 2000;
const MAX_BODY_RESERVE_MS = 5 * 60_000;

/**
 * The tokens of one client, each under what was granted and until it expires. A token that got less than was asked serves that same question
 * again (the answer would be the same), and no other.
 */
export class TokenCache {
  readonly #tokens: LRUCache<string, Entry>;
  readonly #now: () => number;

  /** @param now ms of a clock that only goes forward; for tests. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#tokens = new LRUCache({ max: MAX_TOKENS, ttlResolution: 0, perf: { now } });
  }

  /** A token that is good for the scopes. */
  find(owner: TokenOwner, scopes: readonly Scope[], { forBody = false }: FindTokenOptions = {}): Token | undefined {
    const lasts = (entry: Entry | undefined): entry is Entry =>
      entry !== undefined && (!forBody || entry.endsAt - this.#now() >= bodyReserveMs(entry.token));
    const exact = this.#tokens.get(keyOf(owner, scopes));
    if (lasts(exact) && coversScopes(exact.token.granted, scopes)) return exact.token;
    for (const [key, entry] of this.#tokens.entries()) {
      if (entry.owner !== owner || !coversScopes(entry.token.granted, scopes)) continue;
      // Getting it again refreshes its place and leaves out what has expired.
      const found = this.#tokens.get(key);
      if (lasts(found)) return found.token;
    }
    return lasts(exact) ? exact.token : undefined;
  }

  /** Remembers a token that was asked for `asked`. */
  add(owner: TokenOwner, asked: readonly Scope[], token: Token): void {
    const entry = { token, owner, endsAt: this.#now() + token.lifetimeMs };
    for (const key of new Set([keyOf(owner, token.granted), keyOf(owner, asked)])) {
      this.#tokens.set(key, entry, { ttl: token.lifetimeMs });
    }
  }

  /** Forgets a token that was refused, under whatever it was kept. */
  remove(value: string): void {
    for (const [key, entry] of [...this.#tokens.entries()]) {
      if (entry.token.value === value) this.#tokens.delete(key);
    }
  }
}

function keyOf(owner: TokenOwner, scopes: readonly Scope[]): string {
  return [owner, ...mergeScopes(scopes).toSorted()].join("\n");
}

function bodyReserveMs({ lifetimeMs }: Token): number {
  return Math.min(lifetimeMs / 4, MAX_BODY_RESERVE_MS);
}
