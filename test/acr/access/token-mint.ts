import { randomBytes, randomUUID } from "node:crypto";
import type { Access } from "../../support/token-scope.ts";
import type { AcrBehaviour } from "../behaviour.ts";
import type { Clock } from "../clock.ts";

export type TokenKind = "aad" | "refresh" | "access";

/** What the fake knows of a token that it gave away. */
export interface IssuedToken {
  readonly kind: TokenKind;
  /** Whose it is: a name that `Principals` knows. */
  readonly subject: string;
  readonly audience: string;
  /** What an access token opens. */
  readonly access: readonly Access[];
  /** Seconds since 1970. */
  readonly expires: number;
}

export interface TokenRequest {
  readonly subject: string;
  readonly audience: string;
  readonly access?: readonly Access[] | undefined;
  /** Claims of this kind of token beside the usual ones. */
  readonly claims?: object | undefined;
}

/** How long tokens live, in seconds. */
export type Lifetimes = Readonly<Record<TokenKind, number>>;

const MALFORMED = `${encode({ alg: "RS256", typ: "JWT" })}.bm90IEpTT04.c2lnbmF0dXJl`;

/** Issues JSON Web Tokens (RFC 7519) and knows them again. It goes by what it remembers, not by what a token says, so that none can be made up. */
export class TokenMint {
  readonly #behaviour: AcrBehaviour;
  readonly #clock: Clock;
  readonly #lifetimes: Lifetimes;
  readonly #issued = new Map<string, IssuedToken>();

  constructor(behaviour: AcrBehaviour, clock: Clock, lifetimes: Lifetimes) {
    this.#behaviour = behaviour;
    this.#clock = clock;
    this.#lifetimes = lifetimes;
  }

  issue(kind: TokenKind, { subject, audience, access = [], claims = {} }: TokenRequest): string {
    const behaviour = this.#behaviour[`${kind}Token`];
    if (behaviour === "malformed") return MALFORMED;
    const now = this.#clock.nowSeconds();
    const expires = behaviour === "expired" ? now - 60 : now + this.#lifetimes[kind];
    const payload = { jti: randomUUID(), sub: subject, aud: audience, nbf: now - 900, iat: now - 900, exp: expires };
    const token = [
      encode({ alg: "RS256", typ: "JWT" }),
      encode({ ...payload, ...claims }),
      randomBytes(256).toString("base64url"),
    ].join(".");
    this.#issued.set(token, { kind, subject, audience, access, expires });
    return token;
  }

  /** The token, `expired`, or undefined where the fake never gave it away for this use. */
  find(kind: TokenKind, token: string): IssuedToken | "expired" | undefined {
    const found = this.#issued.get(token);
    if (found?.kind !== kind) return undefined;
    return found.expires <= this.#clock.nowSeconds() ? "expired" : found;
  }

  /** Makes every token of this kind unknown. */
  revoke(kind: TokenKind): void {
    for (const [token, issued] of this.#issued) if (issued.kind === kind) this.#issued.delete(token);
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
