import { lookup } from "node:dns";
import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { Lanes } from "./lanes.ts";
import type { Carrier, HttpRequest } from "./message/message.ts";

it.each<[Carrier["name"], HttpRequest["method"]]>([
  ["control", "GET"],
  ["control", "PUT"],
  ["blob", "GET"],
  ["blob", "PUT"],
])(
  "an exchange of the %s lane, %s, leaves no listener on the signals of the call and of the client",
  async (lane, method) => {
    const server = createServer((request, response) => {
      if (request.url === "/broken") request.socket.destroy();
      else response.end("answer");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const timeouts = { headersMs: 10_000, bodyMs: 10_000 };
    const options = { hostname: "127.0.0.1", tls: {}, insecure: false, connections: 2, connectTimeoutMs: 10_000 };
    const lanes = new Lanes({ ...options, environment: {}, lookup, timeouts, lane });
    const [call, closing] = [new AbortController(), new AbortController()];
    const request = (path: string): HttpRequest => ({
      method,
      url: new URL(`http://127.0.0.1:${port}${path}`),
      kind: "ping",
      headers: {},
      action: () => "try",
      signal: call.signal,
      ...(method === "PUT" ? { body: () => Buffer.from("body"), contentLength: 4 } : {}),
    });
    const run = (path: string) => lanes.lane({ name: lane }).exchange(request(path), closing.signal).run();
    const response = await run("/");
    await response.body.bytes(100);
    await expect(run("/broken")).rejects.toThrow();
    expect(getEventListeners(call.signal, "abort")).toEqual([]);
    expect(getEventListeners(closing.signal, "abort")).toEqual([]);
    await lanes.close();
    server.closeAllConnections();
    server.close();
  },
);
