import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { BrokenRequest, incomingBody } from "./incoming-body.ts";

const HEAD = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n";

describe("incomingBody()", () => {
  it("gives what waited in the paused stream before it throws for a connection that was destroyed", async () => {
    await withRequest(Buffer.alloc(8_000_000), async (request) => {
      const body = incomingBody(request, { onStart: () => undefined });
      const first = await body.next();
      let count = first.value?.length ?? 0;
      // The consumer is slow: the body stops the stream, which by then holds some more.
      while (!request.isPaused() || request.readableLength === 0) await turn();
      const arrived = request.socket.bytesRead - HEAD.length;
      const closed = once(request.socket, "close");
      request.socket.destroy();
      await closed;
      await expect(
        (async () => {
          for await (const piece of body) count += piece.length;
        })(),
      ).rejects.toThrow(BrokenRequest);
      expect(count).toBe(arrived);
    });
  });

  it("holds about 1 MiB for a consumer that does not come", async () => {
    await withRequest(Buffer.alloc(8_000_000), async (request) => {
      const body = incomingBody(request, { onStart: () => undefined });
      await body.next();
      while (!request.isPaused() || request.readableLength === 0) await turn();
      expect(request.socket.bytesRead).toBeLessThan(2 * 1024 * 1024);
      request.socket.destroy();
    });
  });

  it("throws at once where the connection was gone before it was read", async () => {
    await withRequest(Buffer.alloc(10), async (request) => {
      const closed = once(request.socket, "close");
      request.socket.destroy();
      await closed;
      await expect(Array.fromAsync(incomingBody(request, { onStart: () => undefined }))).rejects.toThrow(BrokenRequest);
    });
  });
});

/** A request whose connection has sent its head and these bytes of 9,000,000. */
async function withRequest(bytes: Uint8Array, work: (request: IncomingMessage) => Promise<void>): Promise<void> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect(port, "127.0.0.1").on("error", () => undefined);
  client.write(HEAD);
  client.write(bytes);
  const [request] = await once(server, "request");
  request.on("error", () => undefined);
  try {
    await work(request);
  } finally {
    client.destroy();
    server.close();
  }
}
