import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** Bytes that passed: to the server, and back. */
export interface Passed {
  readonly sent: number;
  readonly received: number;
}

/** What stands between a client and a server, and counts. */
export interface CountingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** So far. */
  readonly passed: Passed;
  /** Resolves when so many bytes have passed in one direction, from now on. */
  reached(direction: keyof Passed, bytes: number): Promise<void>;
}

/** Starts a proxy of TCP connections to `host`, which passes them on as they are. A side that goes away takes the other one with it. */
export async function countingProxy(host: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(`tcp://${host}`);
  const passed = { sent: 0, received: 0 };
  const waiting = new Set<() => void>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.pipe(upstream);
    upstream.pipe(client);
    client.on("data", (bytes: Buffer) => count("sent", bytes.length));
    upstream.on("data", (bytes: Buffer) => count("received", bytes.length));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    stopped.signal.addEventListener("abort", () => client.destroy(), { once: true });
  });
  const stopped = new AbortController();

  function count(direction: keyof Passed, bytes: number): void {
    passed[direction] += bytes;
    for (const look of waiting) look();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    reached(direction, bytes) {
      const end = passed[direction] + bytes;
      return new Promise((resolve) => {
        const look = (): void => {
          if (passed[direction] < end) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    async [Symbol.asyncDispose]() {
      stopped.abort();
      server.close();
      await once(server, "close");
    },
  };
}
