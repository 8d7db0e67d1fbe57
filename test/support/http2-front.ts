import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";

/** A server that speaks HTTP/2 over TLS and nothing else, and passes every request on to a registry. */
export interface Http2Front extends AsyncDisposable {
  readonly port: number;
  /** Requests that came, by method and path without the query. */
  readonly asked: readonly string[];
}

/** @param host `127.0.0.1:PORT` of the registry, which speaks http. */
export async function http2Front(
  host: string,
  tls: { readonly cert: Buffer; readonly key: Buffer },
): Promise<Http2Front> {
  const asked: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer(tls);
  server.on("session", (session) => sessions.add(session.on("close", () => sessions.delete(session))));
  server.on("request", (incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url.split("?")[0]}`);
    passOn(host, incoming, response);
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

function passOn(host: string, incoming: Http2ServerRequest, response: Http2ServerResponse): void {
  const { method, url } = incoming;
  const headers = plainHeaders(incoming.headers);
  const onward = request(`http://${host}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, connectionless(answer.headers));
    answer.pipe(response.stream);
  });
  onward.on("error", () => response.stream.close());
  incoming.pipe(onward);
}

function plainHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":")));
}

/** Without those of a connection, which HTTP/2 forbids. */
function connectionless({
  connection: _connection,
  "keep-alive": _keepAlive,
  "transfer-encoding": _encoding,
  ...headers
}: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers;
}
