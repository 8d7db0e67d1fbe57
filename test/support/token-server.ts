import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { askedOf } from "./asked-of.ts";
import { type Access, formatScope, parseScope } from "./token-scope.ts";
import type { TokenSigner } from "./token-signer.ts";

/** Who may do what. `*` stands for every repository, and for every action. */
export interface TokenUser {
  readonly password: string;
  readonly grants: Readonly<Record<string, readonly string[]>>;
}

export interface TokenServerOptions {
  readonly signer: TokenSigner;
  readonly users: Readonly<Record<string, TokenUser>>;
  /** What who shows no credentials may do. Default: nothing. */
  readonly anonymous?: TokenUser["grants"];
  /** How long a token is good, in seconds. Default: 60, the shortest that the spec allows. */
  readonly lifetimeSeconds?: number;
}

/** One token that was asked for. */
export interface TokenRequest {
  readonly method: string;
  /** Empty for anonymous. */
  readonly username: string;
  /** As asked. */
  readonly scopes: readonly string[];
  readonly granted: readonly string[];
  readonly status: number;
}

/**
 * A token endpoint on the loopback address: GET with basic credentials, or POST with a password or an identity token, which is
 * `refresh-USER`. It grants of what is asked no more than the user may do. Docs: distribution, "Token Authentication Specification".
 */
export class TokenServer implements AsyncDisposable {
  /** Every request, in order. */
  readonly requests: TokenRequest[] = [];
  readonly #options: TokenServerOptions;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });

  private constructor(options: TokenServerOptions) {
    this.#options = options;
  }

  static async start(options: TokenServerOptions): Promise<TokenServer> {
    const server = new TokenServer(options);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  /** What a challenge names. */
  get realm(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/token`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await readQuestion(request);
    const username = this.#authenticate(request, asked);
    const status = username === undefined ? 401 : 200;
    const access = username === undefined ? [] : asked.getAll("scope").flatMap((scope) => this.#grant(username, scope));
    this.requests.push({
      method: request.method ?? "",
      username: username ?? "",
      scopes: asked.getAll("scope"),
      granted: access.map(formatScope),
      status,
    });
    response.writeHead(status, { "content-type": "application/json" });
    response.end(
      JSON.stringify(status === 200 ? this.#token(username ?? "", access, asked) : { details: "no such user" }),
    );
  }

  /** The user's name, empty for anonymous, or undefined where the credentials are wrong. */
  #authenticate(request: IncomingMessage, asked: URLSearchParams): string | undefined {
    const grantType = asked.get("grant_type");
    if (grantType === "refresh_token") return this.#ofRefreshToken(asked.get("refresh_token") ?? "");
    const [username, password] =
      grantType === "password" ? [asked.get("username") ?? "", asked.get("password") ?? ""] : basicCredentials(request);
    if (username === "") return "";
    return this.#options.users[username]?.password === password ? username : undefined;
  }

  #ofRefreshToken(token: string): string | undefined {
    return Object.keys(this.#options.users).find((user) => token === `refresh-${user}`);
  }

  #grant(username: string, scope: string): readonly Access[] {
    const grants = username === "" ? (this.#options.anonymous ?? {}) : (this.#options.users[username]?.grants ?? {});
    const { type, name, actions } = parseScope(scope);
    const allowed = grants[name] ?? grants["*"] ?? [];
    const granted = actions.filter((action) => allowed.includes(action) || allowed.includes("*"));
    return granted.length === 0 ? [] : [{ type, name, actions: granted }];
  }

  #token(username: string, access: readonly Access[], asked: URLSearchParams): object {
    const { lifetimeSeconds = 60, signer } = this.#options;
    const now = Math.floor(Date.now() / 1000);
    const token = signer.sign({
      sub: username,
      aud: asked.get("service") ?? "",
      iat: now,
      // Clocks are one here; a second of rounding is not.
      nbf: now - 1,
      exp: now + lifetimeSeconds,
      jti: randomUUID(),
      access,
    });
    const issued = { expires_in: lifetimeSeconds, issued_at: new Date(now * 1000).toISOString() };
    return { token, access_token: token, ...issued, ...(username !== "" && { refresh_token: `refresh-${username}` }) };
  }
}

/** The query of a GET; the form of a POST, whose one `scope` holds several, separated by spaces. */
async function readQuestion(request: IncomingMessage): Promise<URLSearchParams> {
  const form = await askedOf(request);
  if (request.method !== "POST") return form;
  const scopes = (form.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
  form.delete("scope");
  for (const scope of scopes) form.append("scope", scope);
  return form;
}

function basicCredentials(request: IncomingMessage): readonly [string, string] {
  const encoded = /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const decoded = Buffer.from(encoded, "base64").toString();
  const colon = decoded.indexOf(":");
  return colon < 0 ? ["", ""] : [decoded.slice(0, colon), decoded.slice(colon + 1)];
}
