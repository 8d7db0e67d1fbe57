import { apiHost } from "../content/reference.ts";
import type { Credential } from "../credentials/credential.ts";
import { providerOf } from "../credentials/provider-of.ts";
import { isRetryable, RegistryError } from "../errors.ts";
import { accepted } from "../http/accepted.ts";
import { actionOf } from "../http/action.ts";
import { CallTransports } from "../http/call-transports.ts";
import { isUnknownName } from "../http/connection-failure.ts";
import { LocationPolicy } from "../http/location.ts";
import type { HttpRequest, HttpResponse } from "../http/message.ts";
import { RegistryOrigin } from "../http/origin.ts";
import { sendFollowing } from "../http/redirects.ts";
import { refusalOf } from "../http/refusal.ts";
import { retrying } from "../http/retry.ts";
import type { Transport } from "../http/transport.ts";
import { userAgentOf } from "../http/user-agent.ts";
import { paceLog } from "../logging/pace-log.ts";
import { Clock, type Sleep } from "../pace/clock.ts";
import { Pace } from "../pace/pace.ts";
import type { CallOptions } from "../store/call-options.ts";
import { Authenticator, withHint } from "./auth/authenticator.ts";
import { checkCallOptions, checkTransportOptions } from "./check-options.ts";
import { combineCall } from "./combine-call.ts";
import { CONNECT_MS, CONNECTIONS, connectTransport } from "./connect-transport.ts";
import type { RegistryRequest, RegistryResponse, RegistryTransport } from "./request.ts";
import { type Retried, type RetryDefaults, retriesOf, retryDefaults } from "./retries.ts";
import type { RegistryTransportOptions } from "./transport-options.ts";

/**
 * A client of one registry. Nothing is sent before the first request.
 * Memory: the connections and at most 2000 tokens.
 * @throws {TypeError} for a host that is none, and for options that exclude each other. @throws {RangeError} for numbers out of range.
 * @throws {SyntaxError} for a `proxy` that is no URL.
 */
export function createRegistryTransport(options: RegistryTransportOptions): RegistryTransport {
  return new HttpRegistryTransport(options);
}

class HttpRegistryTransport implements RegistryTransport {
  readonly host: string;
  readonly #options: RegistryTransportOptions;
  readonly #userAgent: string;
  readonly #retries: RetryDefaults;
  readonly #transport: Transport;
  /** Those of calls that want connections of their own. */
  readonly #transports: CallTransports;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #locations: LocationPolicy;
  readonly #authenticator: Authenticator;
  readonly #closing = new AbortController();
  /** Errors of the token service, which has had its tries. */
  readonly #final = new WeakSet<RegistryError>();
  readonly #origin: RegistryOrigin;

  constructor(options: RegistryTransportOptions) {
    const { plainHttp = false, allowRedirectTo = [], retry = {}, timeouts = {}, dispatcher } = options;
    const { connections = CONNECTIONS } = options;
    checkTransportOptions(options);
    this.#options = options;
    this.host = apiHost(options.host);
    this.#userAgent = userAgentOf(options.userAgentSuffix);
    this.#retries = retryDefaults(options);
    const { connectMs = CONNECT_MS } = timeouts;
    const probes = dispatcher === undefined;
    this.#origin = new RegistryOrigin({ host: this.host, plainHttp, probes, connectTimeoutMs: connectMs });
    this.#locations = new LocationPolicy({ origin: () => this.#origin.current, allowRedirectTo });
    const place = { hostname: this.#origin.assumed.hostname, lookup: this.#locations.lookup };
    this.#transport = connectTransport(options, place);
    this.#transports = new CallTransports((connection) => connectTransport(options, place, connection));
    const { sleep, logger, pullFloor } = options;
    this.#clock = new Clock(sleep);
    const onHeld = logger && paceLog(logger);
    const closing = this.#closing.signal;
    const cap = (): number | undefined => options.budget?.concurrency;
    this.#pace = new Pace({ ...retry, clock: this.#clock, concurrency: connections, cap, pullFloor, closing, onHeld });
    this.#authenticator = new Authenticator({
      host: options.host,
      credentials: providerOf(options.credentials),
      send: (request) => this.#sendToService(request),
      checkRealm: (realm, request, credential) => this.#checkRealm(realm, request, credential),
    });
  }

  async request(request: RegistryRequest): Promise<RegistryResponse> {
    const { method, kind } = request;
    const call = this.#callOf(request);
    call.signal?.throwIfAborted();
    const action = (): string => actionOf(request, this.host);
    const repeatable = request.retry ?? (method === "GET" || method === "HEAD");
    return this.#retrying(repeatable, call, { method, kind, host: this.host }, async (attempt) => {
      const origin = this.#origin.known ?? (await this.#origin.find(action, call.signal));
      return this.#attempt(request, this.#httpRequest(request, origin, { call, action, attempt }));
    });
  }

  /** What the request's caller and the client say, as one. @throws {RangeError} for numbers out of range. */
  #callOf(request: RegistryRequest): CallOptions {
    const { call = {} } = request;
    checkCallOptions(call);
    return combineCall(this.#options, call);
  }

  resolveLocation(location: string, answeredBy: URL): URL {
    return this.#locations.resolve(location, answeredBy, { method: "GET", action: () => `follow ${this.host}` });
  }

  async recallLocation(location: string, signal?: AbortSignal): Promise<URL> {
    const action = (): string => `go on with an upload to ${this.host}`;
    const origin = await this.#origin.find(action, signal);
    return this.#locations.resolve(location, origin, { method: "GET", action });
  }

  access(repository: string, signal?: AbortSignal): Promise<string> {
    return this.#authenticator.access(repository, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the client was closed"));
    await Promise.all([this.#transport.close(), this.#transports.close()]);
  }

  async #attempt(request: RegistryRequest, http: HttpRequest): Promise<RegistryResponse> {
    const follow = request.followRedirects ?? (request.method === "GET" || request.method === "HEAD");
    const send = (hop: HttpRequest): Promise<HttpResponse> =>
      follow ? sendFollowing(hop, this.#send, this.#locations) : this.#send(hop);
    if (http.url.origin !== this.#origin.current.origin) return accepted(await send(http), http, request.accept);
    try {
      return await accepted(await this.#authenticator.send(http, request.scopes, send), http, request.accept);
    } catch (error) {
      if (!(error instanceof RegistryError) || !["UNAUTHORIZED", "DENIED"].includes(error.code)) throw error;
      const hint = await this.#authenticator.hint(error, request.scopes, http.signal);
      throw hint === undefined ? error : withHint(error, hint);
    }
  }

  #httpRequest(
    request: RegistryRequest,
    origin: URL,
    { call, action, attempt }: { readonly call: CallOptions } & Pick<HttpRequest, "action" | "attempt">,
  ): HttpRequest {
    const { path, method, kind, headers, body, contentLength, answerLength } = request;
    const { timeouts = {}, signal, onExchange } = call;
    return {
      // Joined as text, so that a path that starts with "//" can't name another host.
      url: typeof path === "string" ? new URL(`${origin.origin}${path}`) : path,
      method,
      kind,
      headers: { "user-agent": this.#agentOf(call), ...headers },
      body,
      contentLength,
      answerLength,
      headersTimeoutMs: timeouts.headersMs ?? this.#headersTimeoutOf(request),
      bodyTimeoutMs: timeouts.bodyMs,
      call,
      signal,
      onExchange,
      action,
      attempt,
    };
  }

  /** What a request needs is a least: a client may say more. */
  #headersTimeoutOf({ headersTimeoutMs: needed }: RegistryRequest): number | undefined {
    const said = this.#options.timeouts?.headersMs;
    if (needed === undefined || said === undefined) return needed;
    return said === 0 || needed === 0 ? 0 : Math.max(said, needed);
  }

  /**
   * To the token service: GET is sent again after failures that may pass, so is the OAuth2 form, which changes nothing there. The form's
   * body is a secret: it follows no redirect.
   */
  async #sendToService(request: HttpRequest): Promise<HttpResponse> {
    const { method, kind, signal, call = {} } = request;
    const what = { method, kind, host: request.url.host };
    try {
      return await this.#retrying(true, { ...call, signal }, what, async (attempt) => {
        const send = this.#send;
        const http: HttpRequest = {
          ...request,
          headers: { "user-agent": this.#agentOf(call), ...request.headers },
          headersTimeoutMs: call.timeouts?.headersMs,
          bodyTimeoutMs: call.timeouts?.bodyMs,
          onExchange: call.onExchange,
          attempt,
        };
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
      `Cannot ${request.action()}: the token service ${url.host} speaks http, and credentials are not sent in the clear`,
      { method: request.method, url: request.url.href },
    );
  }

  /** Every request of this client, to whatever host, passes here. */
  readonly #send = (request: HttpRequest): Promise<HttpResponse> => {
    const { budget } = this.#options;
    return budget === undefined ? this.#paced(request) : budget.send(request, this.#paced);
  };

  readonly #paced = (request: HttpRequest): Promise<HttpResponse> =>
    this.#pace.send(request, this.#transportOf(request).send);

  #agentOf({ userAgentSuffix }: CallOptions): string {
    return userAgentSuffix === undefined ? this.#userAgent : userAgentOf(userAgentSuffix);
  }

  #transportOf({ call }: HttpRequest): Transport {
    return call?.connection === undefined ? this.#transport : this.#transports.of(call.connection);
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    const { signal: closing } = this.#closing;
    return signal === undefined ? closing : AbortSignal.any([signal, closing]);
  }

  #retrying<T>(
    repeatable: boolean,
    call: CallOptions,
    what: Retried,
    task: (attempt: number) => Promise<T>,
  ): Promise<T> {
    const sleep: Sleep = (ms, waiting) => this.#clock.sleep(ms, this.#untilClosed(waiting));
    return retrying(task, {
      ...retriesOf({ ...this.#retries, sleep }, call, what),
      ...(repeatable ? {} : { attempts: 1 }),
      isRetryable: (error) => this.#mayPass(error),
    });
  }

  #mayPass(error: unknown): boolean {
    if (this.#closing.signal.aborted || !isRetryable(error)) return false;
    return !(error instanceof RegistryError) || !(this.#final.has(error) || isUnknownName(error));
  }
}
