import { LRUCache } from "lru-cache";
import type { Scope } from "../request.ts";
import { coversScopes, mergeScopes } from "./scope.ts";
import type { Token } from "./token.ts";

/** Whose tokens: the token service and the credential that it was shown. Tokens of different ones are never mixed. */
export type TokenOwner = string;

interface Entry {
  readonly token: Token;
  readonly owner: TokenOwner;
}

const MAX_TOKENS = 2000;

/**
 * The tokens of one client, each under what was granted and until it expires. A token that got less than was asked serves that same question
 * again (the answer would be the same), and no other.
 */
export class TokenCache {
  readonly #tokens: LRUCache<string, Entry>;

  /** @param now ms of a clock that only goes forward; for tests. */
  constructor(now: () => number = () => performance.now()) {
    this.#tokens = new LRUCache({ max: MAX_TOKENS, ttlResolution: 0, perf: { now } });
  }

  /** A token that is good for the scopes. */
  find(owner: TokenOwner, scopes: readonly Scope[]): Token | undefined {
    const exact = this.#tokens.get(keyOf(owner, scopes))?.token;
    if (exact !== undefined && coversScopes(exact.granted, scopes)) return exact;
    for (const [key, entry] of this.#tokens.entries()) {
      // Getting it again refreshes its place and leaves out what has expired.
      if (entry.owner === owner && coversScopes(entry.token.granted, scopes)) return this.#tokens.get(key)?.token;
    }
    return exact;
  }

  /** Remembers a token that was asked for `asked`. */
  add(owner: TokenOwner, asked: readonly Scope[], token: Token): void {
    const entry = { token, owner };
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
