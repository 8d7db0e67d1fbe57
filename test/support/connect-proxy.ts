import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface ConnectProxyOptions {
  /** PEM. Default: the proxy itself is asked over http. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  /** `USER:PASSWORD` that a client has to show. Default: anybody may ask. */
  readonly credentials?: string | undefined;
}

/**
 * A forward proxy, as squid is one: CONNECT for https, whole URLs for http. Whatever host is named, it goes to that port of this machine: a name that only the
 * proxy knows (`registry.test`) is reached through it or not at all.
 */
export class ConnectProxy implements AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** What it was asked, in order: `CONNECT registry.test:5000`, `GET http://registry.test:5000/v2/`. */
  readonly asked: string[] = [];
  /** Bytes that went through tunnels: to the servers, and back. */
  readonly passed: { sent: number; received: number } = { sent: 0, received: 0 };
  /** The status with which it refuses everything; undefined: nothing. */
  refusal: number | undefined;
  readonly #server: Server;
  readonly #wanted: string | undefined;
  readonly #sockets = new Set<Duplex>();

  private constructor(server: Server, credentials: string | undefined) {
    this.#server = server;
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#wanted = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
    server.on("connection", (socket) => this.#keep(socket));
    server.on("connect", (incoming, socket, head) => this.#tunnel(incoming, socket, head));
    server.on("request", (incoming, response) => this.#forward(incoming, response));
  }

  static async start({ tls, credentials }: ConnectProxyOptions = {}): Promise<ConnectProxy> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ConnectProxy(server, credentials);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #tunnel({ url = "", headers }: IncomingMessage, client: Duplex, head: Buffer): void {
    this.asked.push(`CONNECT ${url}`);
    const status = this.#refusalOf(headers["proxy-authorization"]);
    if (status !== undefined) {
      const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="proxy"\r\n' : "";
      client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${challenge}Content-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(portOf(new URL(`tcp://${url}`)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    client.on("data", (bytes: Buffer) => {
      this.passed.sent += bytes.length;
    });
    upstream.on("data", (bytes: Buffer) => {
      this.passed.received += bytes.length;
    });
    this.#keep(upstream);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, url = "", headers } = incoming;
    this.asked.push(`${method} ${url}`);
    const status = this.#refusalOf(headers["proxy-authorization"]);
    if (status !== undefined) {
      incoming.resume();
      response.writeHead(status, status === 407 ? { "proxy-authenticate": 'Basic realm="proxy"' } : {}).end();
      return;
    }
    const target = new URL(url);
    const { "proxy-authorization": _secret, ...sent } = headers;
    const place = { host: "127.0.0.1", port: portOf(target), path: `${target.pathname}${target.search}` };
    const onward = request({ ...place, method, headers: sent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    incoming.pipe(onward);
  }

  #refusalOf(shown: string | undefined): number | undefined {
    return this.refusal ?? (this.#wanted === undefined || shown === this.#wanted ? undefined : 407);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket.on("close", () => this.#sockets.delete(socket)).on("error", () => {}));
  }
}

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === "http:" ? 80 : 443));
}
