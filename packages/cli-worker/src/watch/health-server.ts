import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { safeJson } from "../escape-text.ts";
import { listening } from "../listening.ts";
import { metricsText } from "./metrics.ts";
import type { WatchStatus } from "./watch-status.ts";

/** Where health is answered. */
export interface HealthAddress {
  readonly host: string;
  readonly port: number;
}

/** A server of a watch's health. Declare it with `await using`. */
export interface HealthServer extends AsyncDisposable {
  /** `127.0.0.1:8080` */
  readonly address: string;
}

/**
 * Answers `GET /healthz` with the state as JSON, 503 where the last run has failed, `/livez` with 200 as long as the process answers, and `/metrics` in the text format of
 * Prometheus. It asks for no credentials, and shows no secret.
 * @throws {UsageError} where the address can't be listened at.
 */
export async function serveHealth({ host, port }: HealthAddress, status: WatchStatus): Promise<HealthServer> {
  const server = createServer((request, response) => answer(request, response, status));
  await listening(async () => {
    server.listen(port, host);
    await once(server, "listening");
  }, `${host}:${port}`);
  const bound = server.address() as AddressInfo;
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return { address: `${name}:${bound.port}`, [Symbol.asyncDispose]: () => close(server) };
}

function answer(request: IncomingMessage, response: ServerResponse, status: WatchStatus): void {
  const { method = "", url = "" } = request;
  const send = (code: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(code, { "content-type": type, "cache-control": "no-store", ...headers });
    response.end(method === "HEAD" ? undefined : body);
  };
  const [path] = url.split("?", 1);
  if (method !== "GET" && method !== "HEAD") send(405, "text/plain", "GET and HEAD only\n", { allow: "GET, HEAD" });
  else if (path === "/healthz") {
    const { health } = status;
    send(health.status === "failed" ? 503 : 200, "application/json", `${safeJson(health)}\n`);
  } else if (path === "/livez") send(200, "text/plain", "ok\n");
  else if (path === "/metrics") send(200, "text/plain; version=0.0.4; charset=utf-8", metricsText(status));
  else send(404, "text/plain", "/healthz, /livez and /metrics\n");
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
