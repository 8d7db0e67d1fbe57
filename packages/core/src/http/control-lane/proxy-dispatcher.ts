import { isIP } from "node:net";
import type { SecureContext } from "node:tls";
import { type Agent, type buildConnector, type Dispatcher, Pool, ProxyAgent } from "undici";
import { ProxyFailure } from "../errors/proxy-failure.ts";
import { bareHostname } from "../locations/address.ts";
import { Connection } from "./connection.ts";

/** How an origin is asked through a proxy. */
export interface ProxyDispatcherOptions {
  readonly proxy: URL;
  /** What connections to the proxy itself trust, where it is asked over https. */
  readonly proxyContext: () => SecureContext;
  /** What the connection inside a tunnel shows and trusts. */
  readonly requestTls: { readonly secureContext: SecureContext; readonly rejectUnauthorized: boolean } | undefined;
  /** For each of: the connection to the proxy, its answer to CONNECT, the handshake inside the tunnel. 0 waits for ever. */
  readonly connectTimeoutMs: number;
  /** Of the pool of each origin. */
  readonly pool: Pick<Agent.Options, "allowH2" | "connections" | "keepAliveTimeout" | "maxHeaderSize">;
  /** Wraps the connections that carry the requests, inside a tunnel or to the proxy. Default: as they are. */
  readonly wrapConnector?: ((connect: buildConnector.connector) => buildConnector.connector) | undefined;
}

/**
 * A dispatcher that asks https origins through a tunnel (CONNECT) and http origins by whole URLs.
 * A connection or a tunnel that is not made fails with a ProxyFailure, so that it is not taken for the registry's failure.
 */
export function proxyDispatcher(options: ProxyDispatcherOptions): Dispatcher {
  const {
    proxy,
    proxyContext,
    requestTls = {},
    connectTimeoutMs,
    pool,
    wrapConnector = (connect) => connect,
  } = options;
  const { href, username, password } = proxy;
  const bare = new URL(href);
  bare.username = "";
  bare.password = "";
  return new ProxyAgent({
    ...pool,
    uri: bare.href,
    ...(username === "" && password === "" ? {} : { token: basic(username, password) }),
    connectTimeout: connectTimeoutMs,
    requestTls,
    // CONNECT over HTTP/2 would put every tunnel into one connection.
    proxyTls: { allowH2: false, ...(proxy.protocol === "https:" ? { secureContext: proxyContext() } : {}) },
    clientFactory: (origin, { connect }: { readonly connect: buildConnector.connector }) =>
      tunnels(new Pool(origin, { connect: toProxy(connect), headersTimeout: connectTimeoutMs })),
    factory: (origin, made: Pool.Options) => {
      const connect = made.connect as buildConnector.connector;
      return new Pool(origin, {
        ...pool,
        connect: wrapConnector(new URL(origin).origin === bare.origin ? toProxy(connect) : connect),
        factory: (poolOrigin, clientOptions) => new Connection(poolOrigin, { ...clientOptions }),
      });
    },
  });
}

function basic(username: string, password: string): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** Connects to the proxy. */
function toProxy(connect: buildConnector.connector): buildConnector.connector {
  return ({ servername, ...options }, callback) => {
    // undici gives the proxy's host as the name for SNI; Node refuses an address there (RFC 6066, 3).
    // For an http origin undici gives the origin's host, or null where that is an address.
    const named = servername && isIP(bareHostname(servername)) === 0 ? { servername } : {};
    connect({ ...options, ...named }, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(new ProxyFailure("Cannot connect to the proxy", { cause: error }), null);
    });
  };
}

/** Has each CONNECT that fails do so with a ProxyFailure: what fails after it is TLS with the host inside the tunnel. */
function tunnels(pool: Pool): Pool {
  const connect = pool.connect.bind(pool);
  return Object.assign(pool, {
    connect: (options: Dispatcher.ConnectOptions) =>
      connect(options).catch((cause: unknown) => {
        throw cause instanceof ProxyFailure ? cause : new ProxyFailure("The proxy made no tunnel", { cause });
      }),
  });
}
