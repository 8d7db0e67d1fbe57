import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent } from "undici";
import { expect, it } from "vitest";
import { Exchange } from "./exchange.ts";
import type { HttpRequest } from "./message.ts";

it("Exchange leaves no listener on the signals of the call and of the client, answered or failed", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/broken") request.socket.destroy();
    else response.end("answer");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new Agent();
  const [call, closing] = [new AbortController(), new AbortController()];
  const request = (path: string): HttpRequest => ({
    method: "GET",
    url: new URL(`http://127.0.0.1:${port}${path}`),
    kind: "ping",
    headers: {},
    action: "try",
    signal: call.signal,
  });
  const timeouts = { headersMs: 10_000, bodyMs: 10_000 };
  const response = await new Exchange(request("/"), closing.signal).run(agent, timeouts);
  await response.body.bytes(100);
  await expect(new Exchange(request("/broken"), closing.signal).run(agent, timeouts)).rejects.toThrow();
  expect(getEventListeners(call.signal, "abort")).toEqual([]);
  expect(getEventListeners(closing.signal, "abort")).toEqual([]);
  await agent.destroy();
  server.closeAllConnections();
  server.close();
});
