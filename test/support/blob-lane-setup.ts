import { lookup } from "node:dns";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { SlabPool } from "../../packages/core/src/bytes/slab-pool.ts";
import type { HttpRequest } from "../../packages/core/src/http/message/message.ts";
import { createTransport, type Transport, type TransportOptions } from "./bare-transport.ts";
import { cleanups } from "./transport-setup.ts";

export const MIB: number = 1024 * 1024;

/** A transport whose requests all go by the blob lane, with slabs of its own. Its timeouts are long. */
export function blobLane(options: Partial<TransportOptions> = {}): Transport {
  const made = createTransport({
    hostname: "127.0.0.1",
    tls: {},
    insecure: false,
    connections: 8,
    connectTimeoutMs: 60_000,
    environment: {},
    lookup,
    lane: "blob",
    slabs: new SlabPool(),
    timeouts: { headersMs: 60_000, bodyMs: 60_000 },
    ...options,
  });
  cleanups.push(() => made.close());
  return made;
}

export function blobRequest(url: string, init: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "GET", url: new URL(url), kind: "blob", headers: {}, action: () => "move it", ...init };
}

/** A server of bare sockets. */
export interface SocketPeer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Every connection that came, the oldest first. */
  readonly sockets: readonly Socket[];
}

/** Starts one. A listener hears the bytes of a request by itself; errors of the sockets are nobody's. */
export async function serveSockets(listener: (socket: Socket, number: number) => void): Promise<SocketPeer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    listener(socket, sockets.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

/** A whole answer. */
export function answer(body: string, headers: readonly string[] = []): string {
  return ["HTTP/1.1 200 OK", `content-length: ${body.length}`, ...headers, "", body].join("\r\n");
}
