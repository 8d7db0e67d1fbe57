import { Authenticator } from "../../auth/authenticator.ts";
import type { CallOptions } from "../../call/call-options.ts";
import { apiHost } from "../../content/reference.ts";
import type { Credential } from "../../credentials/credential.ts";
import { providerOf } from "../../credentials/provider-of.ts";
import { isRetryable, RegistryError } from "../../errors/errors.ts";
import { isFinalFailure } from "../../http/errors/connection-failure.ts";
import { compose } from "../../http/interceptor.ts";
import type { Lanes } from "../../http/lanes.ts";
import { isLoopbackHost } from "../../http/locations/address.ts";
import { AllowedHosts } from "../../http/locations/allowed-hosts.ts";
import { LocationPolicy } from "../../http/locations/location.ts";
import { RegistryOrigin, urlAt } from "../../http/locations/origin.ts";
import type { HttpRequest, HttpResponse, Send } from "../../http/message/message.ts";
import { userAgentOf } from "../../http/message/user-agent.ts";
import type { RegistryRequest, RegistryResponse, RegistryTransport } from "../../http/request.ts";
import { sendByLane } from "../../http/send-by-lane.ts";
import { paceLog } from "../../logging/pace-log.ts";
import { Clock, type Sleep } from "../../pace/clock.ts";
import { Pace } from "../../pace/pace.ts";
import { ownWaitBudget } from "../../pace/wait-budget.ts";
import { actionOf } from "./action.ts";
import { CallLanes } from "./call-lanes.ts";
import { checkCallOptions, checkTransportOptions } from "./check-options.ts";
import { combineCall } from "./combine-call.ts";
import { CONNECT_MS, CONNECTIONS, connectLanes } from "./connect-lanes.ts";
import { type InterceptorParts, interceptorsOf } from "./interceptors.ts";
import { observersOf } from "./observers-of.ts";
import { retryDefaults } from "./retries.ts";
import type { RegistryTransportOptions } from "./transport-options.ts";

/**
 * A client of one registry. Nothing is sent before the first request.
 * Memory: the connections and at most 2000 tokens.
 * @throws {TypeError} for a host that is none, for such an allowed host, and for options that exclude each other. @throws {RangeError} for numbers out of range.
 * @throws {SyntaxError} for a `proxy` that is no URL.
 */
export function createRegistryTransport(options: RegistryTransportOptions): RegistryTransport {
  return new HttpRegistryTransport(options);
}

class HttpRegistryTransport implements RegistryTransport {
  readonly host: string;
  readonly #options: RegistryTransportOptions;
  readonly #userAgent: string;
  readonly #send: Send;
  readonly #lanes: Lanes;
  /** Those of calls that want connections of their own. */
  readonly #callLanes: CallLanes;
  readonly #locations: LocationPolicy;
  readonly #authenticator: Authenticator;
  readonly #closing = new AbortController();
  /** Errors of the token service, which were retried already. */
  readonly #final = new WeakSet<RegistryError>();
  readonly #origin: RegistryOrigin;
  readonly #plainHttpTo: AllowedHosts;

  constructor(options: RegistryTransportOptions) {
    const { plainHttp = false, allowRedirectTo = [], allowHttpRedirectTo, timeouts = {}, dispatcher } = options;
    checkTransportOptions(options);
    this.#options = options;
    this.host = apiHost(options.host);
    this.#userAgent = userAgentOf(options.userAgentSuffix);
    const { connectMs = CONNECT_MS } = timeouts;
    const probes = dispatcher === undefined;
    this.#plainHttpTo = new AllowedHosts(options.plainHttpTo ?? [], "plainHttpTo");
    this.#origin = new RegistryOrigin({ host: this.host, plainHttp, probes, connectTimeoutMs: connectMs });
    this.#locations = new LocationPolicy({ origin: () => this.#origin.current, allowRedirectTo, allowHttpRedirectTo });
    const place = { hostname: this.#origin.assumed.hostname, lookup: this.#locations.lookup };
    this.#lanes = connectLanes(options, place);
    this.#callLanes = new CallLanes((connection) => connectLanes(options, place, connection));
    const lanesOf = ({ call }: HttpRequest): Lanes =>
      call?.connection === undefined ? this.#lanes : this.#callLanes.of(call.connection);
    const interceptors = interceptorsOf(this.#parts(lanesOf));
    const lane = sendByLane({ lanesOf, closing: this.#closing.signal });
    const askService = compose(lane, interceptors.toService);
    this.#authenticator = new Authenticator({
      host: options.host,
      credentials: providerOf(options.credentials),
      send: (request) => this.#retriedAlready(askService(this.#forService(request))),
      checkRealm: (realm, request, credential) => this.#checkRealm(realm, request, credential),
    });
    this.#send = compose(lane, interceptors.toRegistry(this.#authenticator));
  }

  #parts(lanesOf: InterceptorParts["lanesOf"]): InterceptorParts {
    const { retry = {}, budget, connections = CONNECTIONS, sleep, logger, pullFloor } = this.#options;
    const { waitBudget = ownWaitBudget() } = this.#options;
    const closing = this.#closing.signal;
    const clock = new Clock(sleep);
    const cap = (): number | undefined => budget?.concurrency;
    const onHeld = logger && paceLog(logger);
    const untilClosed: Sleep = (ms, signal) =>
      clock.sleep(ms, signal === undefined ? closing : AbortSignal.any([signal, closing]));
    return {
      retries: {
        defaults: { ...retryDefaults({ ...this.#options, waitBudget }), sleep: untilClosed },
        isRetryable: (error) => this.#mayPass(error),
      },
      host: this.host,
      origin: this.#origin,
      locations: this.#locations,
      budget,
      pace: new Pace({ ...retry, clock, concurrency: connections, cap, pullFloor, closing, onHeld, waitBudget }),
      lanesOf,
      connections,
      observers: observersOf(this.#options, this.#origin.assumed.hostname),
      closing,
    };
  }

  async request(request: RegistryRequest): Promise<RegistryResponse> {
    const call = this.#callOf(request);
    call.signal?.throwIfAborted();
    return this.#send(this.#httpRequest(request, call));
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
    await Promise.all([this.#lanes.close(), this.#callLanes.close()]);
  }

  #httpRequest(request: RegistryRequest, call: CallOptions): HttpRequest {
    const { path, method, kind, headers, body, contentLength, answerLength, retry, followRedirects } = request;
    const { timeouts = {}, signal, onExchange } = call;
    return {
      url: typeof path === "string" ? urlAt(this.#origin.current.origin, path) : path,
      method,
      kind,
      scopes: request.scopes,
      accept: request.accept,
      retry,
      followRedirects,
      keptSlots: request.keptSlots,
      headers: { "user-agent": this.#agentOf(call), ...headers },
      body,
      contentLength,
      answerLength,
      asksFirst: request.asksFirst,
      headersTimeoutMs: timeouts.headersMs ?? this.#headersTimeoutOf(request),
      bodyTimeoutMs: timeouts.bodyMs,
      call,
      signal,
      onExchange,
      action: () => actionOf(request, this.host),
    };
  }

  /** What a request needs is a least: a client may say more. */
  #headersTimeoutOf({ headersTimeoutMs: needed }: RegistryRequest): number | undefined {
    const said = this.#options.timeouts?.headersMs;
    if (needed === undefined || said === undefined) return needed;
    return said === 0 || needed === 0 ? 0 : Math.max(said, needed);
  }

  /**
   * As the client and the call that needs a token say. The request is repeated whatever its method
   * is: it changes nothing at the service.
   */
  #forService(request: HttpRequest): HttpRequest {
    const { call = {} } = request;
    return {
      ...request,
      headers: { "user-agent": this.#agentOf(call), ...request.headers },
      headersTimeoutMs: call.timeouts?.headersMs,
      bodyTimeoutMs: call.timeouts?.bodyMs,
      onExchange: call.onExchange,
      retry: true,
    };
  }

  #checkRealm(realm: string, request: HttpRequest, credential: Credential | undefined): URL {
    const url = this.#locations.resolve(realm, request.url, { ...request, what: "the token service" });
    if (credential === undefined || url.protocol !== "http:" || this.#maySendInTheClear(url)) return url;
    throw new RegistryError(
      "CREDENTIALS",
      `Cannot ${request.action()}: the token service ${url.host} speaks http, and credentials are not sent in the clear; to allow it, list ${url.host} in plainHttpTo`,
      { method: request.method, url: request.url.href },
    );
  }

  /** To a host that the user has named, and where nobody listens. An https registry does not lead credentials to http on a loopback host either. */
  #maySendInTheClear(url: URL): boolean {
    if (this.#plainHttpTo.has(url)) return true;
    const { protocol, hostname } = this.#origin.current;
    return protocol === "http:" && (url.hostname === hostname || isLoopbackHost(url.hostname));
  }

  #agentOf({ userAgentSuffix }: CallOptions): string {
    return userAgentSuffix === undefined ? this.#userAgent : userAgentOf(userAgentSuffix);
  }

  /**
   * Notes the failures of the token service: a request that needs a token is not retried for them.
   */
  async #retriedAlready(asking: Promise<HttpResponse>): Promise<HttpResponse> {
    try {
      return await asking;
    } catch (error) {
      if (error instanceof RegistryError) this.#final.add(error);
      throw error;
    }
  }

  #mayPass(error: unknown): boolean {
    if (this.#closing.signal.aborted || !isRetryable(error)) return false;
    return !(error instanceof RegistryError) || !(this.#final.has(error) || isFinalFailure(error));
  }
}
