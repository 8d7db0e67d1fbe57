import { once } from "node:events";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { createSecureServer, type Http2ServerRequest, type ServerHttp2Session } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsOptions } from "node:tls";

/** A server that passes every request on to a registry which speaks http. */
export interface RegistryFront extends AsyncDisposable {
  readonly port: number;
  /** Requests that came, by method and path without the query. */
  readonly asked: readonly string[];
}

/** It speaks HTTP/2 over TLS, and nothing else. @param host `127.0.0.1:PORT` of the registry. */
export async function http2Front(host: string, tls: TlsOptions): Promise<RegistryFront> {
  const asked: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer(tls);
  server.on("session", (session) => sessions.add(session.on("close", () => sessions.delete(session))));
  server.on("request", (incoming, response) => {
    asked.push(line(incoming));
    passOn(host, incoming, {
      head: (status, headers) => response.writeHead(status, connectionless(headers)),
      body: response.stream,
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** It speaks HTTP/1.1 over TLS, or plain without `tls`. @param host `127.0.0.1:PORT` of the registry. */
export async function httpFront(host: string, tls?: TlsOptions): Promise<RegistryFront> {
  const asked: string[] = [];
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on("request", (incoming: IncomingMessage, response) => {
    asked.push(line(incoming));
    passOn(host, incoming, { head: (status, headers) => response.writeHead(status, headers), body: response });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

type Asked = IncomingMessage | Http2ServerRequest;

function line({ method, url = "" }: Asked): string {
  return `${method} ${url.split("?")[0]}`;
}

function passOn(
  host: string,
  incoming: Asked,
  answer: {
    readonly head: (status: number, headers: OutgoingHttpHeaders) => unknown;
    readonly body: NodeJS.WritableStream & { destroy(): unknown };
  },
): void {
  const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !name.startsWith(":")));
  const onward = request(`http://${host}${incoming.url}`, { method: incoming.method ?? "GET", headers }, (received) => {
    answer.head(received.statusCode ?? 502, received.headers);
    received.pipe(answer.body);
  });
  onward.on("error", () => answer.body.destroy());
  incoming.pipe(onward);
}

/** Without the headers of a connection, which HTTP/2 forbids. */
function connectionless({
  connection: _connection,
  "keep-alive": _keepAlive,
  "transfer-encoding": _encoding,
  ...headers
}: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return headers;
}
