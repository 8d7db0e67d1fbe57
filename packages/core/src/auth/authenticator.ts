import { SingleFlight } from "../concurrency/single-flight.ts";
import type { BasicCredential, Credential, CredentialProvider, IdentityCredential } from "../credentials/credential.ts";
import { RegistryError } from "../errors/errors.ts";
import type { HttpRequest, HttpResponse, Send } from "../http/message/message.ts";
import type { Scope } from "../http/request.ts";
import { accessFingerprint } from "./access.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { CredentialLookup, type UsableCredential } from "./credential-lookup.ts";
import { EntraExchange } from "./entra-exchange.ts";
import { mergeScopes, repositoryOf } from "./scope.ts";
import type { Token } from "./token.ts";
import { TokenCache } from "./token-cache.ts";
import { basicAuthorization, type TokenService, TokenServiceClient } from "./token-service.ts";

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
  readonly #credentials: CredentialLookup;
  readonly #service: TokenServiceClient;
  readonly #entra: EntraExchange;
  #scheme: Scheme | undefined;

  constructor(options: AuthenticatorOptions) {
    const { host, credentials, send, now = () => performance.now() } = options;
    this.#options = options;
    this.#tokens = new TokenCache(now);
    this.#credentials = new CredentialLookup({ host, credentials, now });
    this.#service = new TokenServiceClient(send);
    this.#entra = new EntraExchange({ host, service: this.#service, send, now });
  }

  /**
   * Sends a request with the authorization that it needs. After a 401 it is sent again, with a token; a token that was kept is replaced once.
   * Requests: 1, and at most 2 repetitions and 2 for tokens, or 3 with an Entra identity.
   * @throws {RegistryError} UNAUTHORIZED saying whether credentials were given; CREDENTIALS.
   */
  async authenticate(request: HttpRequest, next: Send): Promise<HttpResponse> {
    let wanted = request.scopes ?? [];
    let fresh = false;
    for (let round = 1; ; round += 1) {
      const authorization = await this.#authorization(request, wanted);
      const response = await next(
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
      const news = learned || merged.join() !== mergeScopes(wanted).join();
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

  /** A fingerprint of who asks for a repository. */
  async access(repository: string, signal: AbortSignal | undefined): Promise<string> {
    return accessFingerprint(await this.#credentials.find(repository, signal));
  }

  /** What a refusal that remains says of the credentials; undefined where that isn't known. How to give others, only the program knows. */
  async hint(
    { code, url }: RegistryError,
    scopes: readonly Scope[],
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const { host } = this.#options;
    const repository = repositoryOf(scopes);
    const credential = await this.#credentials.find(repository, signal);
    if (credential !== undefined && this.#scheme === undefined) {
      return code === "UNAUTHORIZED" ? "it says nowhere how to authenticate, so no credentials were shown" : undefined;
    }
    if (credential === undefined) {
      const why = await this.#credentials.whyNone(repository, signal);
      if (why !== undefined) return `no credentials for ${host} were found (${why})`;
      return code === "UNAUTHORIZED" ? `no credentials for ${host} were given` : undefined;
    }
    const from = credential.from === undefined ? "" : ` (${credential.from})`;
    if (credential.kind === "entra") {
      if (code !== "UNAUTHORIZED") {
        return `the Entra identity${from} needs a role at ${host}, such as AcrPull or AcrPush`;
      }
      const roles = isExchange(url) ? "" : `, or the roles that it has at ${host}`;
      return `the token of the Entra identity${from} was refused; sign in again, and check this machine's clock${roles}`;
    }
    if (code !== "UNAUTHORIZED") return undefined;
    return `the credentials for ${host}${from} were refused`;
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

  /** Whether there is anything to answer a first challenge with: a basic one needs user and password. */
  async #hasAnswer(request: HttpRequest, scopes: readonly Scope[]): Promise<boolean> {
    if (this.#scheme?.kind !== "basic") return true;
    return basicOf(await this.#credentials.find(repositoryOf(scopes), request.signal)) !== undefined;
  }

  async #authorization(request: HttpRequest, scopes: readonly Scope[]): Promise<Authorization | undefined> {
    const scheme = this.#scheme;
    if (scheme === undefined) return undefined;
    const credential = await this.#credentials.find(repositoryOf(scopes), request.signal);
    if (scheme.kind === "basic") {
      const basic = basicOf(credential);
      return basic === undefined ? undefined : { value: basicAuthorization(basic) };
    }
    if (credential?.kind === "bearer") return { value: `Bearer ${credential.token}` };
    const service = { realm: this.#options.checkRealm(scheme.realm, request, credential), service: scheme.service };
    if (credential?.kind === "entra") checkOwnService(service, request);
    const owner = `${this.#credentials.ownerOf(credential)} ${service.realm.href} ${service.service ?? ""}`;
    const kept = this.#tokens.find(owner, scopes, { forBody: request.body !== undefined });
    if (kept !== undefined) return { value: `Bearer ${kept.value}`, token: kept, owner, kept: true };
    const token = await this.#fetch(owner, service, mergeScopes(scopes), credential, request);
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
    credential: Exclude<UsableCredential, { kind: "bearer" }> | undefined,
    { call, signal }: HttpRequest,
  ): Promise<Token> {
    return this.#fetches.run(
      [owner, ...scopes].join("\n"),
      async (shared) => {
        const question = { from, scopes, signal: shared, call };
        const token =
          credential?.kind === "entra"
            ? await this.#entra.accessToken({ ...question, credential, owner })
            : await this.#service.request({ ...question, credential });
        this.#tokens.add(owner, scopes, token);
        return token;
      },
      signal,
    );
  }
}

/** What basic authentication can be answered with. */
function basicOf(credential: UsableCredential | undefined): BasicCredential | IdentityCredential | undefined {
  return credential?.kind === "basic" || credential?.kind === "identity" ? credential : undefined;
}

/** An Entra token opens every registry of its identity: it goes to the one that was asked, and to no service that this one names. */
function checkOwnService({ realm }: TokenService, request: HttpRequest): void {
  if (realm.origin === request.url.origin) return;
  throw new RegistryError(
    "CREDENTIALS",
    `Cannot ${request.action()}: the token service ${realm.host} is not the registry's own, and an Entra token is sent to no other`,
    { method: request.method, url: request.url.href },
  );
}

/** Where the Entra token itself is shown; everywhere else it is what the registry gave for it, and the identity was taken. */
function isExchange(url: string): boolean {
  return URL.parse(url)?.pathname.endsWith("/oauth2/exchange") === true;
}

/** Bearer before basic, as docker has it. */
function usable(challenges: readonly Challenge[]): Challenge | undefined {
  return (
    challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm")) ??
    challenges.find(({ scheme }) => scheme === "basic")
  );
}

/** The same error, with what it says of the credentials. */
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
