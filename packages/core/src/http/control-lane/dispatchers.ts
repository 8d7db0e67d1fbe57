import type { LookupFunction } from "node:net";
import type { SecureContext } from "node:tls";
import { Agent, buildConnector, type Dispatcher, Pool } from "undici";
import { type ContextUse, secureContext, type TlsOptions } from "../../call/tls-options.ts";
import { lenientConnector } from "../lenient/lenient-connector.ts";
import { MOST_LENIENT_HEAD_BYTES } from "../lenient/lenient-head.ts";
import { bareHostname } from "../locations/address.ts";
import { AllowedHosts } from "../locations/allowed-hosts.ts";
import { type Environment, proxyFor } from "../locations/proxy.ts";
import { TRAFFIC, type Traffic } from "../message/big-body.ts";
import { Connection } from "./connection.ts";
import { proxyDispatcher } from "./proxy-dispatcher.ts";
import type { Way } from "./way.ts";

export interface DispatchersOptions {
  /** The registry's host name: it alone is shown the client certificate, and it alone may go unverified. */
  readonly hostname: string;
  readonly tls: TlsOptions;
  readonly insecure: boolean;
  /** Connections per host and port, for each kind of traffic. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly environment: Environment;
  /** Resolves names, and refuses addresses. */
  readonly lookup: LookupFunction;
  /** In the place of pools of our own; it is not closed. */
  readonly dispatcher?: Dispatcher | undefined;
}

/** How the answers of an origin are read. */
interface Reading {
  readonly allowH2: boolean;
  /** Whether a strict parser has refused an answer of it. */
  readonly isLenient: boolean;
}

/** How long an idle connection is kept where the server doesn't say; one that it closed meanwhile is replaced unnoticed. */
const IDLE_MS = 30_000;

/** The pools of one client: by whether the registry itself is asked, by proxy, and by what goes through them. Made when first needed. */
export class Dispatchers {
  readonly #options: DispatchersOptions;
  readonly #ways = new Map<string, Way>();
  readonly #made = new Map<string, Dispatcher>();
  readonly #contexts = new Map<string, SecureContext>();
  readonly #legacy: AllowedHosts;
  /** Origins that speak HTTP/2 and nothing else. */
  readonly #http2 = new Set<string>();
  /** Origins whose answers a strict parser refused. */
  readonly #lenient = new Set<string>();

  /** @throws {SyntaxError} for a bad proxy of the registry's, {TypeError} for a bad legacy host, before anything is sent. */
  constructor(options: DispatchersOptions) {
    this.#options = options;
    this.#legacy = new AllowedHosts(options.tls.legacyHosts ?? [], "tls.legacyHosts");
    if (options.dispatcher !== undefined) return;
    for (const scheme of ["https", "http"]) proxyFor(new URL(`${scheme}://${options.hostname}`), options.environment);
  }

  /**
   * How a URL's origin is reached, found out once: the environment is not read for each request. Nothing is known of it where the dispatcher is the caller's.
   * @param traffic What goes that way: each kind has connections of its own.
   * @throws {SyntaxError} for a bad proxy; its dispatcher, {TypeError} for bad certificates.
   */
  to(url: URL, traffic: Traffic = "small"): Way {
    const { origin } = url;
    const key = `${traffic} ${origin}`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const way = this.#find(url, origin, traffic);
    this.#ways.set(key, way);
    return way;
  }

  /** From now on HTTP/2 is offered to the URL's origin. It is no default: HTTP/1.1 moves bytes for less. */
  useHttp2({ origin }: URL): void {
    if (this.#http2.has(origin)) return;
    this.#http2.add(origin);
    this.#forget(origin);
  }

  /** From now on the answers of the URL's origin are read as Go's net/http reads them. */
  readLeniently({ origin }: URL): void {
    if (this.#lenient.has(origin)) return;
    this.#lenient.add(origin);
    this.#forget(origin);
  }

  readsLeniently({ origin }: URL): boolean {
    return this.#lenient.has(origin);
  }

  #forget(origin: string): void {
    for (const traffic of TRAFFIC) this.#ways.delete(`${traffic} ${origin}`);
  }

  usesHttp2({ origin }: URL): boolean {
    return this.#http2.has(origin);
  }

  #find(url: URL, origin: string, traffic: Traffic): Way {
    const { dispatcher, environment, tls } = this.#options;
    if (dispatcher !== undefined) return { origin, route: {}, dispatcher };
    const proxy = proxyFor(url, environment);
    const make = (): Dispatcher => this.#pool(url, proxy, traffic);
    let made: Dispatcher | undefined;
    return {
      origin,
      route: { proxy, givenAuthorities: (tls.ca ?? []).length > 0 },
      get dispatcher() {
        made ??= make();
        return made;
      },
    };
  }

  #pool(url: URL, proxy: URL | undefined, traffic: Traffic): Dispatcher {
    const own = url.hostname === this.#options.hostname;
    const isLenient = this.readsLeniently(url);
    const allowH2 = this.usesHttp2(url) && !isLenient;
    const legacy = this.#legacy.has(url);
    const key = `${url.protocol}${own}${legacy}${allowH2}${isLenient} ${servernameOf(url) ?? ""} ${traffic} ${proxy?.href ?? ""}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made =
      proxy === undefined
        ? this.#direct(url, { allowH2, isLenient })
        : this.#proxied(url, proxy, { allowH2, isLenient });
    this.#made.set(key, made);
    return made;
  }

  /** What a TLS connection to a URL shows and trusts; undefined where it is plain. @throws {TypeError} for bad certificates. */
  tlsFor(url: URL): { readonly secureContext: SecureContext; readonly rejectUnauthorized: boolean } | undefined {
    if (url.protocol !== "https:") return undefined;
    const own = url.hostname === this.#options.hostname;
    const context = this.#context({ identity: own, legacy: this.#legacy.has(url) });
    return { secureContext: context, rejectUnauthorized: !(own && this.#options.insecure) };
  }

  /** Closes every connection at once. */
  async close(): Promise<void> {
    const made = [...this.#made.values()];
    this.#made.clear();
    await Promise.all(made.map((dispatcher) => dispatcher.destroy()));
  }

  #direct(url: URL, reading: Reading): Dispatcher {
    const connect = {
      ...this.tlsFor(url),
      servername: servernameOf(url),
      lookup: this.#options.lookup,
      timeout: this.#options.connectTimeoutMs,
    };
    return new Agent({
      ...this.#pooled(reading),
      connect: reading.isLenient ? lenientConnector(buildConnector({ ...connect, allowH2: false })) : connect,
      factory: (origin, options) =>
        new Pool(origin, {
          ...options,
          factory: (poolOrigin, clientOptions) => new Connection(poolOrigin, { ...clientOptions }),
        }),
    });
  }

  #proxied(url: URL, proxy: URL, reading: Reading): Dispatcher {
    return proxyDispatcher({
      proxy,
      proxyContext: () => this.#context({ identity: false, legacy: this.#legacy.has(proxy) }),
      requestTls: this.tlsFor(url),
      connectTimeoutMs: this.#options.connectTimeoutMs,
      pool: this.#pooled(reading),
      ...(reading.isLenient ? { wrapConnector: lenientConnector } : {}),
    });
  }

  #pooled({
    allowH2,
    isLenient,
  }: Reading): Pick<Agent.Options, "allowH2" | "connections" | "keepAliveTimeout" | "maxHeaderSize"> {
    return {
      allowH2,
      connections: this.#options.connections,
      keepAliveTimeout: IDLE_MS,
      // The lenient reader has counted already, with its own limit.
      ...(isLenient ? { maxHeaderSize: 2 * MOST_LENIENT_HEAD_BYTES } : {}),
    };
  }

  #context(use: ContextUse): SecureContext {
    const key = `${use.identity} ${use.legacy}`;
    const context = this.#contexts.get(key) ?? secureContext(this.#options.tls, use);
    this.#contexts.set(key, context);
    return context;
  }
}

/**
 * The name for SNI where it is not the URL's host: RFC 6066, section 3, has no trailing dot.
 * Undefined leaves it to undici.
 */
function servernameOf({ protocol, hostname }: URL): string | undefined {
  return protocol === "https:" && hostname.endsWith(".") ? bareHostname(hostname) : undefined;
}
