import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { askedOf } from "./asked-of.ts";

/** One request as it came. */
export interface AcrQuestion {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
}

/** What a script may answer in the place of the registry's own answer; undefined leaves it as it is. */
export interface AcrAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface ScriptedAcrOptions {
  readonly script?: (question: AcrQuestion, acr: ScriptedAcr) => AcrAnswer | undefined;
  /** Of refresh tokens, in seconds. Default: 3 h. */
  readonly refreshSeconds?: number;
  /** Of access tokens, in seconds. Default: 75 min. */
  readonly accessSeconds?: number;
}

/** The token endpoints of Azure Container Registry and a registry that takes what they gave, on loopback, bent by a script. */
export class ScriptedAcr implements AsyncDisposable {
  /** Every request: `POST /oauth2/exchange`. */
  readonly requests: string[] = [];
  readonly questions: AcrQuestion[] = [];
  /** The tokens that are good now. */
  readonly refreshTokens = new Set<string>();
  readonly accessTokens = new Set<string>();
  readonly #options: ScriptedAcrOptions;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  #made = 0;

  private constructor(options: ScriptedAcrOptions) {
    this.#options = options;
  }

  static async start(options: ScriptedAcrOptions = {}): Promise<ScriptedAcr> {
    const acr = new ScriptedAcr(options);
    acr.#server.listen(0, "127.0.0.1");
    await once(acr.#server, "listening");
    return acr;
  }

  get host(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  /** A token that is not signed, and ends so many seconds from now. */
  jwt(seconds: number, claims: Readonly<Record<string, unknown>> = {}): string {
    this.#made += 1;
    const now = Math.floor(Date.now() / 1000);
    return unsignedJwt({ jti: this.#made, iat: now, exp: now + seconds, ...claims });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const question = await readQuestion(request);
    this.questions.push(question);
    this.requests.push(`${question.method} ${question.path}`);
    const own = this.#ownAnswer(question);
    const { status = 200, headers = {}, body = "" } = { ...own, ...this.#options.script?.(question, this) };
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  }

  #ownAnswer({ path, form, authorization }: AcrQuestion): AcrAnswer {
    const { refreshSeconds = 3 * 3600, accessSeconds = 75 * 60 } = this.#options;
    if (path === "/oauth2/exchange") {
      const refresh = this.jwt(refreshSeconds);
      this.refreshTokens.add(refresh);
      return { body: { refresh_token: refresh } };
    }
    if (path === "/oauth2/token") {
      const anonymous = form["grant_type"] === "password" && form["refresh_token"] === "";
      if (!anonymous && !this.refreshTokens.has(form["refresh_token"] ?? "")) return { status: 401 };
      const access = this.jwt(accessSeconds);
      this.accessTokens.add(access);
      return { body: { access_token: access } };
    }
    if (this.accessTokens.has(authorization?.replace("Bearer ", "") ?? "")) return { body: "ok" };
    return { status: 401, headers: { "www-authenticate": this.challenge() } };
  }

  /** The challenge, with other parameters than usual. */
  challenge({ realm = `http://${this.host}/oauth2/token`, scope = "repository:app:pull" } = {}): string {
    const asked = scope === "" ? "" : `,scope="${scope}"`;
    return `Bearer realm="${realm}",service="${this.host}"${asked}`;
  }
}

/** A JWT with an empty signature. */
export function unsignedJwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (document: unknown): string => Buffer.from(JSON.stringify(document)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

async function readQuestion(request: IncomingMessage): Promise<AcrQuestion> {
  const url = new URL(request.url ?? "", "http://x");
  return {
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    form: request.method === "POST" ? Object.fromEntries(await askedOf(request)) : {},
    authorization: request.headers.authorization,
  };
}
