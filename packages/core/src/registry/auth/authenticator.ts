import type { Credential, CredentialProvider } from "../../credentials/credential.ts";
import { RegistryError } from "../../errors.ts";
import type { HttpRequest, HttpResponse, Send } from "../../http/message.ts";
import { SingleFlight } from "../../http/single-flight.ts";
import type { Scope } from "../request.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { mergeScopes, repositoryOf } from "./scope.ts";
import type { Token } from "./token.ts";
import { TokenCache } from "./token-cache.ts";
import { basicAuthorization, requestToken, type TokenService } from "./token-service.ts";

export interface AuthenticatorOptions {
  /** The host as the user writes it, for the provider and for messages. */
  readonly host: string;
  readonly credentials: CredentialProvider;
  /** Sends a request without authorization of its own and follows redirects; used for the token service. */
  readonly send: Send;
  /** The URL of a token service, checked. @throws {RegistryError} where it must not be asked. */
  readonly checkRealm: (realm: string, request: HttpRequest, credential: Credential | undefined) => URL;
  readonly now?: (() => number) | undefined;
}

type Scheme =
  | { readonly kind: "basic" }
  | { readonly kind: "bearer"; readonly realm: string; readonly service: string | undefined };

/** What a request is shown with; the token and whose it is, where it is one. */
interface Authorization {
  readonly value: string;
  readonly token?: Token;
  readonly owner?: string;
  /** It was not fetched for this very request. */
  readonly kept?: boolean;
}

/** The first, after its challenge, after a stale token, after a challenge that asks for more. */
const MAX_ROUNDS = 4;

/**
 * Authenticates the requests to one registry. No ping: the first request goes without authorization, its 401 brings the challenge, which is
 * remembered, so that later requests get their token first.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #tokens: TokenCache;
  readonly #fetches = new SingleFlight<Token>();
  readonly #lookups = new SingleFlight<Credential | undefined>();
  readonly #credentials = new Map<string, Credential | undefined>();
  readonly #owners = new Map<Credential | undefined, number>();
  #scheme: Scheme | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#tokens = new TokenCache(options.now);
  }

  /**
   * Sends a request with the authorization that it needs. After a 401 it is sent again, with a token; a token that was kept is replaced once.
   * Requests: 1, and at most 2 repetitions and 2 for tokens.
   * @throws {RegistryError} UNAUTHORIZED saying whether credentials were given and where to log in; CREDENTIALS.
   */
  async send(request: HttpRequest, scopes: readonly Scope[], send: Send): Promise<HttpResponse> {
    let wanted = mergeScopes(scopes);
    let fresh = false;
    for (let round = 1; ; round += 1) {
      const authorization = await this.#authorization(request, wanted);
      const response = await send(
        authorization === undefined
          ? request
          : { ...request, headers: { ...request.headers, authorization: authorization.value } },
      );
      if (response.status !== 401 || response.url.origin !== request.url.origin || round === MAX_ROUNDS)
        return response;
      const challenge = usable(parseChallenges(response.headers["www-authenticate"] ?? ""));
      if (challenge === undefined) return response;
      const learned = this.#learn(challenge);
      const merged = mergeScopes(wanted, [challenge.parameters.get("scope") ?? ""]);
      const news = learned || merged.join() !== wanted.join();
      const stale = authorization !== undefined && this.#isStale(authorization, wanted);
      if (authorization !== undefined && (fresh || !(news || stale))) return response;
      if (authorization === undefined && !(await this.#hasAnswer(request, wanted))) return response;
      await response.body.drop();
      if (authorization?.token !== undefined) {
        this.#tokens.remove(authorization.token.value);
        fresh = true;
      }
      wanted = merged;
    }
  }

  /** What a 401 that remains means: `; no credentials were given, log in with …`. */
  async hint(scopes: readonly Scope[], signal: AbortSignal | undefined): Promise<string> {
    const credential = await this.#credential(repositoryOf(scopes), signal);
    return credential === undefined
      ? `no credentials for ${this.#options.host} were given; log in with: tranship login ${this.#options.host}`
      : `the credentials for ${this.#options.host} were refused; log in again with: tranship login ${this.#options.host}`;
  }

  /** Keeps the challenge; whether it differs from the one before. */
  #learn(challenge: Challenge): boolean {
    const before = this.#scheme;
    if (challenge.scheme === "basic") {
      this.#scheme = { kind: "basic" };
      return before?.kind !== "basic";
    }
    const realm = challenge.parameters.get("realm") ?? "";
    const service = challenge.parameters.get("service");
    this.#scheme = { kind: "bearer", realm, service };
    return before?.kind !== "bearer" || before.realm !== realm || before.service !== service;
  }

  /** Whether there is anything to answer a first challenge with: a basic one needs credentials. */
  async #hasAnswer(request: HttpRequest, scopes: readonly Scope[]): Promise<boolean> {
    if (this.#scheme?.kind !== "basic") return true;
    const credential = await this.#credential(repositoryOf(scopes), request.signal);
    return credential !== undefined && credential.kind !== "bearer";
  }

  async #authorization(request: HttpRequest, scopes: readonly Scope[]): Promise<Authorization | undefined> {
    const scheme = this.#scheme;
    if (scheme === undefined) return undefined;
    const credential = await this.#credential(repositoryOf(scopes), request.signal);
    if (scheme.kind === "basic") {
      return credential === undefined || credential.kind === "bearer"
        ? undefined
        : { value: basicAuthorization(credential) };
    }
    if (credential?.kind === "bearer") return { value: `Bearer ${credential.token}` };
    const service = { realm: this.#options.checkRealm(scheme.realm, request, credential), service: scheme.service };
    const owner = `${this.#ownerOf(credential)} ${service.realm.href} ${service.service ?? ""}`;
    const kept = this.#tokens.find(owner, scopes);
    if (kept !== undefined) return { value: `Bearer ${kept.value}`, token: kept, owner, kept: true };
    const token = await this.#fetch(owner, service, scopes, credential, request);
    return { value: `Bearer ${token.value}`, token, owner, kept: false };
  }

  /** A token that was kept, or that expired while a long body was sent, is worth another one. */
  #isStale({ token, owner = "", kept }: Authorization, scopes: readonly Scope[]): boolean {
    return token !== undefined && (kept === true || this.#tokens.find(owner, scopes) !== token);
  }

  #fetch(
    owner: string,
    from: TokenService,
    scopes: readonly Scope[],
    credential: Exclude<Credential, { kind: "bearer" }> | undefined,
    request: HttpRequest,
  ): Promise<Token> {
    const { onRequest } = request;
    return this.#fetches.run(
      [owner, ...scopes].join("\n"),
      async (signal) => {
        const token = await requestToken({ from, scopes, credential, send: this.#options.send, signal, onRequest });
        this.#tokens.add(owner, scopes, token);
        return token;
      },
      request.signal,
    );
  }

  async #credential(repository: string | undefined, signal: AbortSignal | undefined): Promise<Credential | undefined> {
    const { host, credentials } = this.#options;
    const key = repository ?? "";
    if (this.#credentials.has(key)) return this.#credentials.get(key);
    return this.#lookups.run(
      key,
      async (shared) => {
        const credential = await credentials({ host, repository }, { signal: shared });
        this.#credentials.set(key, credential);
        return credential;
      },
      signal,
    );
  }

  /** A number for each credential, so that none is part of a key. Equal ones of several repositories share their tokens. */
  #ownerOf(credential: Credential | undefined): number {
    for (const [known, owner] of this.#owners) {
      if (isSame(known, credential)) return owner;
    }
    this.#owners.set(credential, this.#owners.size);
    return this.#owners.size - 1;
  }
}

function isSame(a: Credential | undefined, b: Credential | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === "basic") return b.kind === "basic" && a.username === b.username && a.password === b.password;
  return a.kind === b.kind && a.token === b.token;
}

/** Bearer before basic, as docker has it. */
function usable(challenges: readonly Challenge[]): Challenge | undefined {
  return (
    challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm")) ??
    challenges.find(({ scheme }) => scheme === "basic")
  );
}

/** The same error, saying where to log in. */
export function withHint(error: RegistryError, hint: string): RegistryError {
  return new RegistryError(error.code, `${error.message}; ${hint}`, {
    cause: error.cause,
    method: error.method,
    url: error.url,
    errors: error.errors,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  });
}
