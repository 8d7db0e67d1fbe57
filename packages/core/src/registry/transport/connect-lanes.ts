import type { CallConnection } from "../../call/call-connection.ts";
import type { DispatchersOptions } from "../../http/control-lane/dispatchers.ts";
import { Lanes } from "../../http/lanes.ts";
import { type Environment, parseProxy } from "../../http/locations/proxy.ts";
import { MIN_BYTES_PER_SECOND, RATE_WINDOW_MS } from "../../http/message/lowest-rate.ts";
import type { RegistryTransportOptions } from "./transport-options.ts";

/** Connections to a host, and the time to connect, where the client does not say. */
export const CONNECTIONS = 32;
export const CONNECT_MS = 15_000;
/** The time to the head of a response, and between two pieces of a body, where nobody says. */
const HEADERS_MS = 60_000;
const BODY_MS = 60_000;

/**
 * Makes the lanes of a client, or those of calls which say something of their connections. No
 * request. @throws {SyntaxError} for a bad proxy.
 */
export function connectLanes(
  options: RegistryTransportOptions,
  place: Pick<DispatchersOptions, "hostname" | "lookup">,
  connection?: CallConnection,
): Lanes {
  const { timeouts = {}, connections = CONNECTIONS, lane, proxyEnv } = options;
  const { connectMs = CONNECT_MS, headersMs = HEADERS_MS, bodyMs = BODY_MS } = timeouts;
  const { minBytesPerSecond = MIN_BYTES_PER_SECOND, rateWindowMs = RATE_WINDOW_MS } = timeouts;
  const lowestRate = minBytesPerSecond > 0 ? { bytesPerSecond: minBytesPerSecond, windowMs: rateWindowMs } : undefined;
  return new Lanes({
    ...place,
    tls: connection?.tls ?? options.tls ?? {},
    insecure: connection?.insecure ?? options.insecure ?? false,
    connections,
    connectTimeoutMs: connection?.connectMs ?? connectMs,
    environment: proxyEnvironment(connection?.proxy ?? options.proxy, proxyEnv),
    // What a call says of connections is of our own.
    dispatcher: connection === undefined ? options.dispatcher : connection.dispatcher,
    lane,
    timeouts: { headersMs, bodyMs, lowestRate },
  });
}

function proxyEnvironment(proxy: RegistryTransportOptions["proxy"], environment = process.env): Environment {
  if (proxy === undefined) return environment;
  if (proxy === false) return {};
  const { href } = parseProxy(proxy, "in the options");
  return { HTTP_PROXY: href, HTTPS_PROXY: href };
}
