import { apiHost } from "../content/reference.ts";
import type { Credential, CredentialProvider } from "../credentials/credential.ts";
import { isRetryable, RegistryError } from "../errors.ts";
import { accepted } from "../http/accepted.ts";
import { actionOf } from "../http/action.ts";
import { isUnknownName } from "../http/connection-failure.ts";
import { LocationPolicy } from "../http/location.ts";
import type { HttpRequest, HttpResponse } from "../http/message.ts";
import { RegistryOrigin } from "../http/origin.ts";
import type { Environment } from "../http/proxy.ts";
import { sendFollowing } from "../http/redirects.ts";
import { refusalOf } from "../http/refusal.ts";
import { type RetryOptions, retrying } from "../http/retry.ts";
import type { TlsOptions } from "../http/tls-options.ts";
import { createTransport, type Transport } from "../http/transport.ts";
import { Authenticator, withHint } from "./auth/authenticator.ts";
import { pause } from "./pause.ts";
import type { RegistryRequest, RegistryResponse, RegistryTransport } from "./request.ts";

/** How long things may take, in ms. */
export interface ClientTimeouts {
  /** To connect, TLS included. Default 15 s. */
  readonly connectMs?: number | undefined;
  /** From the sent request to the head of its answer, where the request does not say. Default 60 s. */
  readonly headersMs?: number | undefined;
  /** Between two pieces of an answer. Default 60 s. */
  readonly bodyMs?: number | undefined;
}

export interface RegistryTransportOptions {
  /** `host` or `host:port` as the user writes it; `docker.io` is asked at registry-1.docker.io. */
  readonly host: string;
  /** Default: anonymous. */
  readonly credentials?: CredentialProvider | Credential | undefined;
  /** The certificate is shown to `host` only. */
  readonly tls?: TlsOptions | undefined;
  /** Asks over http. Default: https, and for a loopback host whichever it speaks. */
  readonly plainHttp?: boolean | undefined;
  /** Takes any certificate of `host`. It doesn't turn to http: that is `plainHttp`. */
  readonly insecure?: boolean | undefined;
  /** Connections to each host and port. Default 32. */
  readonly connections?: number | undefined;
  readonly retry?: Pick<RetryOptions, "attempts" | "baseDelayMs" | "maxDelayMs" | "maxRetryAfterMs"> | undefined;
  readonly timeouts?: ClientTimeouts | undefined;
  /** Default `tranship`. */
  readonly userAgent?: string | undefined;
  /** `host` or `host:port` that the registry may send us to over http, or at a private address. */
  readonly allowRedirectTo?: readonly string[] | undefined;
  /** Where `http_proxy`, `https_proxy` and `no_proxy` are read. Default `process.env`. */
  readonly proxyEnv?: Environment | undefined;
  /** Told of each request that will be sent again. */
  readonly onRetry?: RetryOptions["onRetry"];
  /** Waits between tries. For tests. */
  readonly sleep?: RetryOptions["sleep"];
}

/**
 * A client of one registry. Nothing is sent before the first request.
 * Memory: the connections and at most 2000 tokens.
 * @throws {TypeError} for a host that is none.
 */
export function createRegistryTransport(options: RegistryTransportOptions): RegistryTransport {
  return new HttpRegistryTransport(options);
}

class HttpRegistryTransport implements RegistryTransport {
  readonly host: string;
  readonly #options: RegistryTransportOptions;
  readonly #transport: Transport;
  readonly #locations: LocationPolicy;
  readonly #authenticator: Authenticator;
  readonly #closing = new AbortController();
  /** Errors of the token service, which has had its tries. */
  readonly #final = new WeakSet<RegistryError>();
  readonly #origin: RegistryOrigin;

  constructor(options: RegistryTransportOptions) {
    this.#options = options;
    this.host = apiHost(options.host);
    const {
      plainHttp = false,
      insecure = false,
      allowRedirectTo = [],
      tls = {},
      connections = 32,
      timeouts: { connectMs = 15_000, headersMs = 60_000, bodyMs = 60_000 } = {},
      proxyEnv = process.env,
    } = options;
    this.#origin = new RegistryOrigin({ host: this.host, plainHttp, connectTimeoutMs: connectMs });
    this.#locations = new LocationPolicy({ origin: () => this.#origin.current, allowRedirectTo });
    this.#transport = createTransport({
      hostname: this.#origin.assumed.hostname,
      tls,
      insecure,
      connections,
      connectTimeoutMs: connectMs,
      environment: proxyEnv,
      lookup: this.#locations.lookup,
      timeouts: { headersMs, bodyMs },
    });
    this.#authenticator = new Authenticator({
      host: options.host,
      credentials: providerOf(options.credentials),
      send: (request) => this.#sendToService(request),
      checkRealm: (realm, request, credential) => this.#checkRealm(realm, request, credential),
    });
  }

  async request(request: RegistryRequest): Promise<RegistryResponse> {
    const { signal, method } = request;
    signal?.throwIfAborted();
    const action = actionOf(request, this.host);
    const repeatable = request.retry ?? (method === "GET" || method === "HEAD");
    return this.#retrying(repeatable, signal, async () => {
      const origin = await this.#origin.find(action, signal);
      return this.#attempt(request, { ...this.#httpRequest(request, origin), action });
    });
  }

  resolveLocation(location: string, answeredBy: URL): URL {
    return this.#locations.resolve(location, answeredBy, { method: "GET", action: `follow ${this.host}` });
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the client was closed"));
    await this.#transport.close();
  }

  async #attempt(request: RegistryRequest, http: HttpRequest): Promise<RegistryResponse> {
    const follow = request.followRedirects ?? (request.method === "GET" || request.method === "HEAD");
    const send = (hop: HttpRequest): Promise<HttpResponse> =>
      follow ? sendFollowing(hop, this.#transport.send, this.#locations) : this.#transport.send(hop);
    if (http.url.origin !== this.#origin.current.origin) return accepted(await send(http), http, request.accept);
    try {
      return await accepted(await this.#authenticator.send(http, request.scopes, send), http, request.accept);
    } catch (error) {
      if (!(error instanceof RegistryError) || !["UNAUTHORIZED", "DENIED"].includes(error.code)) throw error;
      const hint = await this.#authenticator.hint(error, request.scopes, request.signal);
      throw hint === undefined ? error : withHint(error, hint);
    }
  }

  #httpRequest(request: RegistryRequest, origin: URL): Omit<HttpRequest, "action"> {
    const { path, method, kind, headers, body, contentLength, headersTimeoutMs, signal, onRequest } = request;
    return {
      // Joined as text, so that a path that starts with "//" can't name another host.
      url: typeof path === "string" ? new URL(`${origin.origin}${path}`) : path,
      method,
      kind,
      headers: { "user-agent": this.#userAgent, ...headers },
      body,
      contentLength,
      headersTimeoutMs,
      signal,
      onRequest,
    };
  }

  /**
   * To the token service: GET is sent again after failures that may pass, so is the OAuth2 form, which changes nothing there. The form's
   * body is a secret: it follows no redirect.
   */
  async #sendToService(request: HttpRequest): Promise<HttpResponse> {
    const http = { ...request, headers: { "user-agent": this.#userAgent, ...request.headers } };
    try {
      return await this.#retrying(true, request.signal, async () => {
        const { send } = this.#transport;
        const response = http.method === "GET" ? await sendFollowing(http, send, this.#locations) : await send(http);
        if (response.status < 500 && response.status !== 429) return response;
        throw await refusalOf(response, http);
      });
    } catch (error) {
      if (error instanceof RegistryError) this.#final.add(error);
      throw error;
    }
  }

  #checkRealm(realm: string, request: HttpRequest, credential: Credential | undefined): URL {
    const url = this.#locations.resolve(realm, request.url, { ...request, what: "the token service" });
    const plain = url.protocol === "http:" && this.#origin.current.protocol === "https:";
    if (!plain || credential === undefined) return url;
    throw new RegistryError(
      "CREDENTIALS",
      `Cannot ${request.action}: the token service ${url.host} speaks http, and credentials are not sent in the clear`,
      { method: request.method, url: request.url.href },
    );
  }

  #retrying<T>(repeatable: boolean, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    const { retry = {}, onRetry, sleep = pause } = this.#options;
    return retrying(task, {
      ...retry,
      ...(repeatable ? {} : { attempts: 1 }),
      signal,
      onRetry,
      sleep: (ms, waiting) =>
        sleep(ms, waiting === undefined ? this.#closing.signal : AbortSignal.any([waiting, this.#closing.signal])),
      isRetryable: (error) => this.#mayPass(error),
    });
  }

  #mayPass(error: unknown): boolean {
    if (this.#closing.signal.aborted || !isRetryable(error)) return false;
    return !(error instanceof RegistryError) || !(this.#final.has(error) || isUnknownName(error));
  }

  get #userAgent(): string {
    return this.#options.userAgent ?? "tranship";
  }
}

function providerOf(credentials: CredentialProvider | Credential | undefined): CredentialProvider {
  return typeof credentials === "function" ? credentials : async () => credentials;
}
