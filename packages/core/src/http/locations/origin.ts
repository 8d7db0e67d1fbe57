import { SingleFlight } from "../../concurrency/single-flight.ts";
import { connectionFailure } from "../errors/connection-failure.ts";
import type { Interceptor } from "../interceptor.ts";
import type { HttpRequest, HttpResponse, Send } from "../message/message.ts";
import { bareHostname, isLoopbackHost } from "./address.ts";
import { probeScheme } from "./loopback.ts";

export interface OriginOptions {
  /** `host` or `host:port` that is asked. */
  readonly host: string;
  readonly plainHttp: boolean;
  readonly connectTimeoutMs: number;
  /** Whether a host on this machine is asked what it speaks. */
  readonly probes: boolean;
}

/** The origin of a registry: https, http where that is asked for, and for a host on this machine what it speaks, found out once. */
export class RegistryOrigin {
  /** What it is before a host on this machine was asked. */
  readonly assumed: URL;
  readonly #options: OriginOptions;
  readonly #probes = new SingleFlight<URL>();
  #known: URL | undefined;

  /** @throws {TypeError} for a host that is none. */
  constructor(options: OriginOptions) {
    const assumed = URL.parse(`${options.plainHttp ? "http" : "https"}://${options.host}`);
    if (assumed === null || assumed.pathname !== "/" || assumed.username !== "") {
      throw new TypeError(`Bad registry host "${options.host}": expected HOST or HOST:PORT`);
    }
    this.#options = options;
    this.assumed = assumed;
    if (options.plainHttp || !options.probes || !isLoopbackHost(assumed.hostname)) this.#known = assumed;
  }

  /** What is known by now. */
  get current(): URL {
    return this.#known ?? this.assumed;
  }

  /** Whether a URL is one of the registry itself. */
  isOwn(url: URL): boolean {
    return url.origin === this.current.origin;
  }

  /**
   * The origin; a host on this machine is asked first.
   * @param action For messages.
   * @throws {RegistryError} NETWORK where there is no connection; the signal's reason.
   */
  async find(action: () => string, signal: AbortSignal | undefined): Promise<URL> {
    if (this.#known !== undefined) return this.#known;
    return this.#probes.run("", (shared) => this.#probe(action, shared), signal);
  }

  /**
   * Sends the requests to this registry to its origin, which the first one finds out. @throws as
   * `find`.
   */
  readonly intercept: Interceptor = (next) => (request) => {
    const isAssumed = this.#known !== this.assumed && request.url.origin === this.assumed.origin;
    return isAssumed ? this.#sendFound(request, next) : next(request);
  };

  async #sendFound(request: HttpRequest, next: Send): Promise<HttpResponse> {
    const { origin } = await this.find(request.action, request.signal);
    const { pathname, search } = request.url;
    return next({ ...request, url: urlAt(origin, `${pathname}${search}`) });
  }

  async #probe(action: () => string, signal: AbortSignal): Promise<URL> {
    const { assumed } = this;
    const { host, connectTimeoutMs: timeoutMs } = this.#options;
    const port = Number(assumed.port || 443);
    try {
      const scheme = await probeScheme({ hostname: bareHostname(assumed.hostname), port, timeoutMs, signal });
      this.#known = new URL(`${scheme}//${host}`);
      return this.#known;
    } catch (error) {
      signal.throwIfAborted();
      throw connectionFailure(error, { method: "GET", url: assumed, kind: "ping", headers: {}, action });
    }
  }
}

/** Joined as text, so that a path that starts with "//" cannot name another host. */
export function urlAt(origin: string, path: string): URL {
  return new URL(`${origin}${path}`);
}
