import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Traffic, TrafficCount } from "./traffic.ts";

/** Of one connection, not of the exchange: each side has its own. */
const HOP_HEADERS: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding"]);

/** A registry with a counter, and a longer wire, in front of it. */
export interface CountingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** What went through since the last take. */
  take(): Traffic;
}

export interface CountingProxyOptions {
  /** `127.0.0.1:PORT` of a registry that speaks plain HTTP. */
  readonly upstream: string;
  /** How much later each request gets to the registry, in ms; those in flight at the same time wait at the same time. */
  readonly addedMs: number;
}

/** Passes HTTP/1.1 on to a registry, each body as it comes. The registry sees the proxy's Host, so that a Location leads here again. */
export async function startCountingProxy({ upstream, addedMs }: CountingProxyOptions): Promise<CountingProxy> {
  const traffic = new TrafficCount();
  const agent = new Agent({ keepAlive: true });
  const [hostname, port] = upstream.split(":");

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    traffic.request(incoming.method ?? "", incoming.url ?? "");
    if (addedMs > 0) await delay(addedMs);
    if (outgoing.destroyed) return;
    const { method, url: path } = incoming;
    const onward = request({ agent, hostname, port, method, path, headers: passed(incoming) }, (answer) => {
      traffic.answered(method ?? "", path ?? "", answer.statusCode ?? 502);
      outgoing.writeHead(answer.statusCode ?? 502, passed(answer));
      answer.on("data", (piece: Buffer) => traffic.received(piece.length));
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) onward.destroy();
    });
    incoming.on("data", (piece: Buffer) => traffic.sent(piece.length));
    incoming.pipe(onward);
  }

  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => traffic.take(),
    [Symbol.asyncDispose]: () => close(server, agent),
  };
}

async function close(server: Server, agent: Agent): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  agent.destroy();
  await closed;
}

/** Names and values in turn, as they came. */
function passed({ rawHeaders }: IncomingMessage): string[] {
  const headers: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (!HOP_HEADERS.has(name.toLowerCase())) headers.push(name, value);
  }
  return headers;
}
