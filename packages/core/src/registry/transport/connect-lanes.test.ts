import { lookup } from "node:dns";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import type { CallConnection } from "../../call/call-connection.ts";
import { sendByLane } from "../../http/send-by-lane.ts";
import { connectLanes } from "./connect-lanes.ts";
import type { ClientTimeouts } from "./transport-options.ts";

/** A server that takes connections and says nothing, so that no handshake ends. */
async function silentServer(): Promise<{ readonly url: URL } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    sockets.add(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`https://127.0.0.1:${port}/v2/`),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

it.each<readonly [who: string, timeouts: ClientTimeouts, connection: CallConnection | undefined]>([
  ["the client's", { connectMs: 50 }, undefined],
  ["a call's, which says so itself,", { connectMs: 0 }, { connectMs: 50 }],
  ["the client's for a call that says other things", { connectMs: 50 }, { insecure: true }],
])("connectLanes() ends a connection that is not made in %s time", async (_who, timeouts, connection) => {
  await using server = await silentServer();
  const lanes = connectLanes({ host: server.url.host, timeouts }, { hostname: "127.0.0.1", lookup }, connection);
  const send = sendByLane({ lanesOf: () => lanes, closing: new AbortController().signal });
  const asking = send({
    method: "GET",
    url: server.url,
    kind: "ping",
    headers: {},
    action: () => "ask",
  });
  await expect(asking).rejects.toMatchObject({ code: "TIMEOUT" });
  await lanes.close();
});
