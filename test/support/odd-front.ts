import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** What is put into each head, behind its status line: a header over two lines. */
export const FOLDED = "X-Front: one\r\n two\r\n";

export interface OddFront extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
}

export interface OddFrontOptions {
  /** What comes before each head. Default: nothing. */
  readonly before?: string | undefined;
  /** What comes behind the status line of each head. Default: `FOLDED`. */
  readonly inside?: string | undefined;
  readonly tls?: TlsOptions | undefined;
}

/** A registry behind a front that makes each of its answers odd. The registry writes each head at the start of a piece. */
export async function oddFront(
  registry: string,
  { before = "", inside = FOLDED, tls }: OddFrontOptions = {},
): Promise<OddFront> {
  const port = Number(registry.slice(registry.lastIndexOf(":") + 1));
  const sockets = new Set<Socket>();
  const forward = (client: Socket): void => {
    const upstream = connect(port, "127.0.0.1");
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (bytes: Buffer) => {
      client.write(bytes.subarray(0, 9).toString("latin1") === "HTTP/1.1 " ? odd(bytes) : bytes);
    });
  };
  const odd = (bytes: Buffer): Buffer => {
    const line = bytes.indexOf("\r\n") + 2;
    return Buffer.concat([Buffer.from(before), bytes.subarray(0, line), Buffer.from(inside), bytes.subarray(line)]);
  };
  const server: Server = tls === undefined ? createServer(forward) : createTlsServer(tls, forward);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
