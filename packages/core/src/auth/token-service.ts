import type { BasicCredential, IdentityCredential } from "../credentials/credential.ts";
import { RegistryError } from "../errors/errors.ts";
import { refusalOf } from "../http/errors/refusal.ts";
import type { HttpRequest, HttpResponse, Send } from "../http/message/message.ts";
import type { Scope } from "../http/request.ts";
import { parseToken, type Token } from "./token.ts";

/** What a bearer challenge says of the token service. */
export interface TokenService {
  readonly realm: URL;
  readonly service: string | undefined;
}

/** A question to a token service, whoever asks. */
export interface TokenQuestion {
  readonly from: TokenService;
  readonly scopes: readonly Scope[];
  readonly signal?: AbortSignal | undefined;
  /** Of whoever asked first. */
  readonly call?: HttpRequest["call"];
}

export interface TokenRequest extends TokenQuestion {
  /** Without one the token is an anonymous one. */
  readonly credential: BasicCredential | IdentityCredential | undefined;
}

/** GET with basic auth as docker does, or the OAuth2 form. */
type Way = "get" | "form";

const MAX_TOKEN_BYTES = 1024 * 1024;
const CLIENT_ID = "tranship";

/** Asks token services for tokens, and remembers which of them know one way of asking only. */
export class TokenServiceClient {
  /** Follows redirects of a GET. */
  readonly #send: Send;
  /** The way that worked where the usual one did not, by realm and kind of credential. */
  readonly #ways = new Map<string, Way>();

  constructor(send: Send) {
    this.#send = send;
  }

  /**
   * Asks for a token. User and password, and without a credential: GET, and the OAuth2 form (`grant_type=password`) where that is the only way.
   * Identity token: the OAuth2 form (`grant_type=refresh_token`), and GET where that is not known.
   * Requests: 1, or 2 for the first where the service only knows the other way.
   * Spec: distribution v3.1, "Token Authentication Specification" and "OAuth2 Token Authentication".
   * @throws {RegistryError} UNAUTHORIZED or DENIED where the service refuses, CREDENTIALS for an answer that holds no token.
   */
  async request(request: TokenRequest): Promise<Token> {
    const key = `${request.credential?.kind ?? "anonymous"} ${request.from.realm.href}`;
    const known = this.#ways.get(key);
    const usual: Way = request.credential?.kind === "identity" ? "form" : "get";
    const first = requestOf(request, known ?? usual);
    const response = await this.#send(first);
    if (known !== undefined || !wantsOtherWay(response.status, request)) return readToken(response, first, request);
    await response.body.drop();
    const other: Way = usual === "get" ? "form" : "get";
    const second = requestOf(request, other);
    const token = await readToken(await this.#send(second), second, request);
    this.#ways.set(key, other);
    return token;
  }
}

/**
 * 404 and 405 are those of a service that knows one way only. ACR's documents just the form for who has no credential, so there its GET may be
 * refused in other ways too.
 */
function wantsOtherWay(status: number, { credential, from }: TokenRequest): boolean {
  if (status === 404 || status === 405) return true;
  return (
    credential === undefined && (status === 400 || status === 401) && from.realm.pathname.endsWith("/oauth2/token")
  );
}

function requestOf(request: TokenRequest, way: Way): HttpRequest {
  return way === "get" ? getRequest(request) : formRequest(request);
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

function formRequest(request: TokenRequest): HttpRequest {
  const { credential, from, scopes } = request;
  const form = new URLSearchParams({ client_id: CLIENT_ID });
  if (scopes.length > 0) form.set("scope", scopes.join(" "));
  if (from.service !== undefined) form.set("service", from.service);
  if (credential?.kind === "identity") {
    form.set("grant_type", "refresh_token");
    form.set("refresh_token", credential.token);
  } else {
    form.set("grant_type", "password");
    if (credential === undefined) {
      // As ACR has it for anonymous pulls.
      form.set("refresh_token", "");
    } else {
      form.set("username", credential.username);
      form.set("password", credential.password);
    }
  }
  return { ...common(request), ...postedForm(from.realm, form) };
}

/** A POST of a form. */
export function postedForm(
  url: URL,
  form: URLSearchParams,
): Pick<HttpRequest, "method" | "url" | "headers" | "body" | "contentLength"> {
  const body = Buffer.from(form.toString());
  return {
    method: "POST",
    url: new URL(url),
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: () => body,
    contentLength: body.length,
  };
}

function common(request: TokenQuestion): Pick<HttpRequest, "kind" | "action" | "signal" | "call"> {
  const { from, scopes, signal, call } = request;
  const what = scopes.length === 0 ? "" : ` for "${scopes.join(" ")}"`;
  return { kind: "token", action: () => `get a token${what} from ${from.realm.host}`, signal, call };
}

/** `Basic …`; an identity token goes in the place of the password. */
export function basicAuthorization(credential: BasicCredential | IdentityCredential): string {
  const pair = credential.kind === "basic" ? `${credential.username}:${credential.password}` : `:${credential.token}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

async function readToken(response: HttpResponse, sent: HttpRequest, { scopes }: TokenRequest): Promise<Token> {
  return readAnswer(response, sent, (text) => parseToken(text, scopes, response.headers["date"]));
}

/**
 * What a token service answered, as `parse` reads it.
 * @throws {RegistryError} UNAUTHORIZED, DENIED for a refusal, CREDENTIALS with what `parse` says of a document that it can't read.
 */
export async function readAnswer<T>(response: HttpResponse, sent: HttpRequest, parse: (text: string) => T): Promise<T> {
  if (response.status !== 200) throw refusedToken(await refusalOf(response, sent));
  const text = new TextDecoder().decode(await response.body.bytes(MAX_TOKEN_BYTES));
  try {
    return parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new RegistryError("CREDENTIALS", `Cannot ${sent.action()}: ${detail}`, {
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
