import { SingleFlight } from "../concurrency/single-flight.ts";
import type { EntraCredential } from "../credentials/credential.ts";
import { type AccessToken, acrAudience } from "../credentials/token-credential.ts";
import { RegistryError } from "../errors/errors.ts";
import type { HttpRequest, Send } from "../http/message/message.ts";
import { claimsOf, jwtLifetimeMs } from "./jwt.ts";
import { parseObject, type Token, usableMs } from "./token.ts";
import { postedForm, readAnswer, type TokenQuestion, type TokenServiceClient } from "./token-service.ts";

export interface EntraExchangeOptions {
  /** The host as the user writes it. */
  readonly host: string;
  readonly service: TokenServiceClient;
  /** Sends a form; it follows no redirect, since what it holds is a secret. */
  readonly send: Send;
  /** ms of a clock that only goes forward. */
  readonly now: () => number;
}

export interface EntraRequest extends TokenQuestion {
  readonly credential: EntraCredential;
  /** A name for credential and token service: refresh tokens are kept under it. */
  readonly owner: string;
}

interface RefreshToken {
  readonly value: string;
  readonly endsAt: number;
}

/** One line of an error of a credential, without what follows in it. */
const MAX_DETAIL = 300;

/**
 * The tokens of Azure Container Registry for an identity of Microsoft Entra: its token is exchanged for a refresh token of the registry, and
 * that for access tokens, one for each scope. Refresh tokens (about 3 h) are kept until they end, and dropped where one is refused.
 * Source: azure/acr, docs/AAD-OAuth.md.
 */
export class EntraExchange {
  readonly #options: EntraExchangeOptions;
  readonly #kept = new Map<string, RefreshToken>();
  readonly #exchanges = new SingleFlight<RefreshToken>();

  constructor(options: EntraExchangeOptions) {
    this.#options = options;
  }

  /**
   * An access token for the scopes. Requests: 1; the exchange before it where no refresh token is kept, once for all who ask at once.
   * @throws {RegistryError} UNAUTHORIZED, DENIED where the registry refuses; CREDENTIALS where the credential gives no token, the token
   * service is not the registry's own, or what it answers is no token.
   */
  async accessToken(request: EntraRequest): Promise<Token> {
    const kept = this.#find(request.owner);
    if (kept !== undefined) {
      try {
        return await this.#access(kept, request);
      } catch (error) {
        // It may have been revoked: one new exchange tells.
        if (!(error instanceof RegistryError) || error.code !== "UNAUTHORIZED") throw error;
        if (this.#kept.get(request.owner) === kept) this.#kept.delete(request.owner);
      }
    }
    return this.#access(this.#find(request.owner) ?? (await this.#renew(request)), request);
  }

  #find(owner: string): RefreshToken | undefined {
    const kept = this.#kept.get(owner);
    return kept !== undefined && kept.endsAt > this.#options.now() ? kept : undefined;
  }

  #access(refresh: RefreshToken, { from, scopes, signal, call }: EntraRequest): Promise<Token> {
    const credential = { kind: "identity", token: refresh.value } as const;
    return this.#options.service.request({ from, scopes, credential, signal, call });
  }

  #renew(request: EntraRequest): Promise<RefreshToken> {
    return this.#exchanges.run(
      request.owner,
      async (signal) => {
        const refresh = await this.#exchange({ ...request, signal });
        this.#kept.set(request.owner, refresh);
        return refresh;
      },
      request.signal,
    );
  }

  /** `POST /oauth2/exchange`. */
  async #exchange({ from, credential, signal, call }: EntraRequest): Promise<RefreshToken> {
    const { host, send, now } = this.#options;
    const url = new URL("exchange", from.realm);
    const action = (): string => `exchange the Entra token at ${url.host}`;
    const target = { method: "POST", url: url.href };
    const { token, expiresOnTimestamp } = await entraToken(credential, { host, action, target, signal });
    const form = new URLSearchParams({ grant_type: "access_token", access_token: token });
    form.set("service", from.service ?? url.host);
    const sent: HttpRequest = { ...postedForm(url, form), kind: "token", action, signal, call };
    try {
      const response = await send(sent);
      const { value, lifetimeMs } = await readAnswer(response, sent, (text) =>
        parseRefreshToken(text, response.headers["date"]),
      );
      return { value, endsAt: now() + lifetimeMs };
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== "UNAUTHORIZED") throw error;
      throw expired(error, expiresOnTimestamp);
    }
  }
}

interface EntraTokenContext {
  readonly host: string;
  readonly action: () => string;
  readonly target: { readonly method: string; readonly url: string };
  readonly signal?: AbortSignal | undefined;
}

async function entraToken(
  { credential, audience }: EntraCredential,
  { host, action, target, signal }: EntraTokenContext,
): Promise<AccessToken> {
  const scope = `${(audience ?? acrAudience(host)).replace(/\/+$/, "")}/.default`;
  let given: AccessToken | null;
  try {
    given = await credential.getToken(scope, signal && { abortSignal: signal });
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const detail = said.trim().split("\n", 1)[0]?.slice(0, MAX_DETAIL) ?? "";
    throw new RegistryError("CREDENTIALS", `Cannot ${action()}: no token for "${scope}": ${detail}`, {
      ...target,
      cause,
    });
  }
  signal?.throwIfAborted();
  if (given !== null && given.token !== "") return given;
  throw new RegistryError("CREDENTIALS", `Cannot ${action()}: the credential gave no token for "${scope}"`, target);
}

/** @throws {SyntaxError} saying what is wrong with it, without showing it. */
function parseRefreshToken(text: string, date: string | undefined): Pick<Token, "value" | "lifetimeMs"> {
  const value = parseObject(text)["refresh_token"];
  if (typeof value !== "string" || value === "") throw new SyntaxError("the answer has no refresh token");
  const claims = claimsOf(value);
  if (claims === undefined) throw new SyntaxError("the refresh token is no JWT");
  const lifetimeMs = jwtLifetimeMs(claims, date);
  if (lifetimeMs === undefined) throw new SyntaxError("the refresh token has no time of expiry");
  return { value, lifetimeMs: usableMs(lifetimeMs) };
}

/** The same refusal, saying that the Entra token had expired where it had. */
function expired(error: RegistryError, expiresOnTimestamp: number): RegistryError {
  if (!(expiresOnTimestamp <= Date.now())) return error;
  const when = new Date(expiresOnTimestamp).toISOString();
  return new RegistryError(error.code, `${error.message}; the Entra token expired at ${when}`, {
    method: error.method,
    url: error.url,
    errors: error.errors,
    ...(error.status === undefined ? {} : { status: error.status }),
  });
}
