import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Random } from "./random.ts";
import type { SessionLedger } from "./session-ledger.ts";

export interface BreakingProxyOptions {
  readonly random: Random;
  /** How many connections are broken at most, and after how many bytes at most, in either direction. */
  readonly breaks: number;
  readonly within: number;
  /** Told what passes, where given. */
  readonly ledger?: SessionLedger;
}

/** What stands between the command and a registry, and breaks connections. */
export interface BreakingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly broken: number;
  /** Bytes in both directions. */
  readonly passed: number;
}

/** Starts a proxy of TCP connections to `host` that resets every other one at a byte that the random numbers say, until it has broken enough. */
export async function breakingProxy(host: string, options: BreakingProxyOptions): Promise<BreakingProxy> {
  const { random, breaks, within, ledger } = options;
  const { hostname, port } = new URL(`tcp://${host}`);
  const open = new Set<Socket>();
  const counts = { broken: 0, passed: 0 };
  // As often among the first thousand bytes as among millions: heads, small bodies and big ones are all cut.
  const breakingByte = (): number => Math.ceil(within ** random.next());
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let left = counts.broken < breaks && random.next() < 0.5 ? breakingByte() : Number.POSITIVE_INFINITY;
    const pass = (bytes: Buffer, from: Socket): void => {
      counts.passed += bytes.length;
      left -= bytes.length;
      if (left > 0 && !client.destroyed) {
        if (from === client) ledger?.asked(client, bytes);
        else ledger?.answered(client, bytes);
      }
      if (left > 0 || client.destroyed) return;
      counts.broken += 1;
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    };
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on("data", (bytes: Buffer) => pass(bytes, one));
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get broken() {
      return counts.broken;
    },
    get passed() {
      return counts.passed;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
