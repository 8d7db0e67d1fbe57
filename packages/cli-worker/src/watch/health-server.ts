import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { listening } from "../arguments/listening.ts";
import { AllowedHosts } from "../browsers/allowed-hosts.ts";
import { BROWSER_HEADERS, pathOf, refuseBrowser } from "../browsers/browser-rules.ts";
import { refuseMalformed } from "../browsers/refuse-malformed.ts";
import { readingInput } from "../errors/usage-error.ts";
import { safeJson } from "../terminal/escape-text.ts";
import { metricsText } from "./metrics.ts";
import type { WatchStatus } from "./watch-status.ts";

/** Where health is answered. */
export interface HealthAddress {
  readonly host: string;
  readonly port: number;
  /** Names, beside addresses and `localhost`, that requests may have in their Host header. Default: none. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** A server of a watch's health. Declare it with `await using`. */
export interface HealthServer extends AsyncDisposable {
  /** `127.0.0.1:8080` */
  readonly address: string;
}

const HEADERS_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 100;

/**
 * Answers `GET /healthz` with the state as JSON, 503 where the last run has failed, `/livez` with 200 as long as the process answers, and `/metrics` in the text format of
 * Prometheus. It asks for no credentials, and shows no secret.
 * @throws {UsageError} where the address can't be listened at.
 */
export async function serveHealth(
  { host, port, allowedHosts }: HealthAddress,
  status: WatchStatus,
): Promise<HealthServer> {
  let allowed = await readingInput(() => new AllowedHosts({ host, names: allowedHosts }));
  const options = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: HEADERS_TIMEOUT_MS,
    requireHostHeader: false,
  };
  const server = createServer(options, (request, response) => answer({ request, response, allowed, status }));
  server.maxConnections = MAX_CONNECTIONS;
  server.on("checkExpectation", (_, response) => response.writeHead(417, BROWSER_HEADERS).end());
  server.on("clientError", (error, socket) => refuseMalformed(error, socket, false));
  await listening(async () => {
    server.listen(port, host);
    await once(server, "listening");
  }, `${host}:${port}`);
  const bound = server.address() as AddressInfo;
  allowed = new AllowedHosts({ host, address: bound.address, names: allowedHosts });
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return { address: `${name}:${bound.port}`, [Symbol.asyncDispose]: () => close(server) };
}

interface HealthRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly allowed: AllowedHosts;
  readonly status: WatchStatus;
}

function answer({ request, response, allowed, status }: HealthRequest): void {
  const { method = "", url = "" } = request;
  const send = (code: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(code, { "content-type": type, "cache-control": "no-store", ...BROWSER_HEADERS, ...headers });
    response.end(method === "HEAD" ? undefined : body);
  };
  const [path] = pathOf(url).split("?", 1);
  const isRead = method === "GET" || method === "HEAD";
  // It says nothing but that the process answers, and probes of load balancers name any host, or none.
  if (isRead && path === "/livez") {
    send(200, "text/plain", "ok\n");
    return;
  }
  const refusal = refuseBrowser(request, allowed);
  if (refusal !== undefined) send(refusal.status, "text/plain", `${refusal.message}\n`);
  else if (!isRead) send(405, "text/plain", "GET and HEAD only\n", { allow: "GET, HEAD" });
  else if (path === "/healthz") {
    const { health } = status;
    send(health.status === "failed" ? 503 : 200, "application/json", `${safeJson(health)}\n`);
  } else if (path === "/metrics") send(200, "text/plain; version=0.0.4; charset=utf-8", metricsText(status));
  else send(404, "text/plain", "/healthz, /livez and /metrics\n");
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
