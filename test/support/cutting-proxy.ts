import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/**
 * Where a request is cut off: so many bytes after its head begins, or when its response begins,
 * which the client never gets.
 */
export type Cut = number | "response";

/** What stands between a client and a registry, and cuts off one request. */
export interface CuttingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** How many requests it has cut off. */
  readonly cuts: number;
}

export interface CuttingProxyOptions {
  /** The first request whose head begins like that is cut off. */
  readonly request: RegExp;
  readonly cut: Cut;
  /** What happens right before that, while the request waits. */
  readonly before?: (() => Promise<void>) | undefined;
}

/**
 * Starts a proxy of TCP connections to `host`. A client that waits for each response begins each
 * request with a packet of its own.
 */
export async function cuttingProxy(host: string, { request, cut, before }: CuttingProxyOptions): Promise<CuttingProxy> {
  const { hostname, port } = new URL(`tcp://${host}`);
  const stopped = new AbortController();
  const counts = { cuts: 0 };
  let isArmed = true;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const end = (): void => {
      counts.cuts += 1;
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    };
    /** Bytes that still pass; undefined on a connection that is not cut off. */
    let left: number | undefined;
    client.on("data", (bytes: Buffer) => {
      client.pause();
      void passOn(bytes).then(() => client.resume());
    });
    async function passOn(bytes: Buffer): Promise<void> {
      if (isArmed && request.test(bytes.toString("latin1", 0, 2048))) {
        isArmed = false;
        left = cut === "response" ? Number.POSITIVE_INFINITY : cut;
        await before?.();
      }
      const passing = bytes.subarray(0, left);
      if (left !== undefined) left -= passing.length;
      if (!upstream.destroyed && passing.length > 0) upstream.write(passing);
      // What was written goes before the end.
      if (left === 0) upstream.end(() => setImmediate(end));
    }
    upstream.on("data", (bytes: Buffer) => {
      if (left === undefined) client.write(bytes);
      else if (cut === "response") end();
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    stopped.signal.addEventListener("abort", () => client.destroy(), { once: true });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return counts.cuts;
    },
    async [Symbol.asyncDispose]() {
      stopped.abort();
      server.close();
      await once(server, "close");
    },
  };
}
