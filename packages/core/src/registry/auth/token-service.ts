import type { Credential } from "../../credentials/credential.ts";
import { RegistryError } from "../../errors.ts";
import type { HttpRequest, HttpResponse, Send } from "../../http/message.ts";
import { refusalOf } from "../../http/refusal.ts";
import type { Scope } from "../request.ts";
import { parseToken, type Token } from "./token.ts";

/** What a bearer challenge says of the token service. */
export interface TokenService {
  readonly realm: URL;
  readonly service: string | undefined;
}

export interface TokenRequest {
  readonly from: TokenService;
  readonly scopes: readonly Scope[];
  /** Without one the token is an anonymous one. */
  readonly credential: Exclude<Credential, { kind: "bearer" }> | undefined;
  /** Follows redirects. */
  readonly send: Send;
  readonly signal?: AbortSignal | undefined;
  readonly onRequest?: HttpRequest["onRequest"];
}

const MAX_TOKEN_BYTES = 1024 * 1024;
const CLIENT_ID = "tranship";

/**
 * Asks for a token. User and password: GET with basic auth as docker does, and the OAuth2 form where that is the only one. Identity token: the
 * OAuth2 form (`grant_type=refresh_token`), and GET where that is not known.
 * Requests: 1, or 2 where the service only knows the other way.
 * Spec: distribution v3.1, "Token Authentication Specification" and "OAuth2 Token Authentication".
 * @throws {RegistryError} UNAUTHORIZED or DENIED where the service refuses, CREDENTIALS for an answer that holds no token.
 */
export async function requestToken(request: TokenRequest): Promise<Token> {
  const { credential } = request;
  const oauth = (): HttpRequest => oauthRequest(request);
  const get = (): HttpRequest => getRequest(request);
  if (credential === undefined) return readToken(await request.send(get()), get(), request);
  const [first, second] = credential.kind === "identity" ? [oauth(), get()] : [get(), oauth()];
  const response = await request.send(first);
  if (response.status !== 404 && response.status !== 405) return readToken(response, first, request);
  await response.body.drop();
  return readToken(await request.send(second), second, request);
}

function getRequest(request: TokenRequest): HttpRequest {
  const { credential, from, scopes } = request;
  const url = new URL(from.realm);
  if (from.service !== undefined) url.searchParams.set("service", from.service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credential?.kind === "basic") url.searchParams.set("account", credential.username);
  const headers: Record<string, string> = { accept: "application/json" };
  if (credential !== undefined) headers["authorization"] = basicAuthorization(credential);
  return { ...common(request), method: "GET", url, headers };
}

function oauthRequest(request: TokenRequest): HttpRequest {
  const { credential, from, scopes } = request;
  const form = new URLSearchParams({ client_id: CLIENT_ID, scope: scopes.join(" ") });
  if (from.service !== undefined) form.set("service", from.service);
  if (credential?.kind === "identity") {
    form.set("grant_type", "refresh_token");
    form.set("refresh_token", credential.token);
  } else if (credential?.kind === "basic") {
    form.set("grant_type", "password");
    form.set("username", credential.username);
    form.set("password", credential.password);
  }
  const body = Buffer.from(form.toString());
  return {
    ...common(request),
    method: "POST",
    url: new URL(from.realm),
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: () => body,
    contentLength: body.length,
  };
}

function common(request: TokenRequest): Pick<HttpRequest, "kind" | "action" | "signal" | "onRequest"> {
  const { from, scopes, signal, onRequest } = request;
  const what = scopes.length === 0 ? "" : ` for "${scopes.join(" ")}"`;
  return { kind: "token", action: `get a token${what} from ${from.realm.host}`, signal, onRequest };
}

/** `Basic …`; an identity token goes in the place of the password. */
export function basicAuthorization(credential: Exclude<Credential, { kind: "bearer" }>): string {
  const pair = credential.kind === "basic" ? `${credential.username}:${credential.password}` : `:${credential.token}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

async function readToken(response: HttpResponse, sent: HttpRequest, request: TokenRequest): Promise<Token> {
  if (response.status !== 200) throw refusedToken(await refusalOf(response, sent));
  const text = new TextDecoder().decode(await response.body.bytes(MAX_TOKEN_BYTES));
  try {
    return parseToken(text, request.scopes, response.headers["date"]);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new RegistryError("CREDENTIALS", `Cannot ${sent.action}: ${detail}`, {
      status: response.status,
      method: sent.method,
      url: sent.url.href,
    });
  }
}

/** OAuth2 services answer 400 to a refresh token that is no longer good. */
function refusedToken(refusal: RegistryError): RegistryError {
  const { status } = refusal;
  if (status !== 400 && status !== 401) return refusal;
  return new RegistryError("UNAUTHORIZED", refusal.message, {
    status,
    method: refusal.method,
    url: refusal.url,
    errors: refusal.errors,
  });
}
