import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from "node:http";
import { describe, expect, it } from "vitest";
import { blobLane, blobRequest, MIB, serveSockets } from "../../../../../test/support/blob-lane-setup.ts";
import { cleanups } from "../../../../../test/support/transport-setup.ts";
import { PutExchange } from "./put-exchange.ts";

const REFUSED = "HTTP/1.1 413 Too Large\r\ncontent-length: 4\r\n\r\n";

/** The same piece, over and over, each when it is asked for. */
async function* pieces(count: number, size: number, onPiece: () => void = () => {}) {
  const piece = Buffer.alloc(size, 7);
  for (let n = 0; n < count; n += 1) {
    onPiece();
    yield piece;
  }
}

describe("a final status", () => {
  it("is read before more is written to who has closed the connection", async () => {
    const gone = Promise.withResolvers<void>();
    const peer = await serveSockets((socket) => {
      socket.once("data", () => socket.end(`${REFUSED}much`, () => socket.destroy()));
      socket.once("close", () => gone.resolve());
    });
    const body = async function* () {
      yield Buffer.alloc(10);
      await gone.promise;
      // The first of them would have the peer's system say that nobody is there; the next one fails at once.
      yield* pieces(100, 1000);
    };
    const { send } = blobLane();
    for (let n = 0; n < 5; n += 1) {
      const put = blobRequest(`http://${peer.host}/x`, { method: "PUT", body, contentLength: 100_010 });
      const response = await send(put);
      expect(response.status).toBe(413);
      expect(Buffer.from(await response.body.bytes(10)).toString()).toBe("much");
    }
  });

  it("wins over the connection's breaking, with all of the answer that came", async () => {
    const size = 270_000;
    const peer = await serveSockets((socket) => {
      // Of the body it reads no more than what comes first.
      socket.once("data", () => {
        socket.pause();
        socket.write(`HTTP/1.1 413 Too Large\r\ncontent-length: ${size}\r\n\r\n${"x".repeat(size)}`);
      });
    });
    let outgoing: ClientRequest | undefined;
    const agent = new Agent({ keepAlive: true });
    cleanups.push(async () => agent.destroy());
    const body = (): AsyncIterable<Uint8Array> => pieces(256, MIB);
    const exchange = new PutExchange(blobRequest(`http://${peer.host}/x`, { method: "PUT", body }), {
      open: ({ url }, headers) => {
        outgoing = plainRequest(url, { method: "PUT", headers, agent });
        return outgoing;
      },
      timeouts: { connectMs: 0, headersMs: 0, bodyMs: 0 },
      route: {},
      closing: new AbortController().signal,
      asksFirst: false,
      onNotAsked: () => {},
    });
    const head = exchange.run();
    if (outgoing === undefined) throw new Error("nothing was sent");
    const errors: unknown[] = [];
    const closed = Promise.withResolvers<void>();
    outgoing.on("error", (error) => errors.push(error)).on("close", () => closed.resolve());
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    // More than is buffered while nobody reads: the answer is there, but not at its end.
    while (!incoming.complete) await turn();
    peer.sockets[0]?.resetAndDestroy();
    await closed.promise;
    expect(errors).toHaveLength(1);
    const response = await head;
    expect(response.status).toBe(413);
    expect(await response.body.bytes(MIB)).toHaveLength(size);
  });

  it("wins over the content's failing, which comes after it", async () => {
    const failing = Promise.withResolvers<void>();
    const peer = await serveSockets((socket) => void socket.once("data", () => socket.write(`${REFUSED}mu`)));
    const body = async function* () {
      yield Buffer.alloc(10);
      await failing.promise;
      throw new Error("the source broke");
    };
    const put = blobRequest(`http://${peer.host}/x`, { method: "PUT", body, contentLength: 20 });
    const response = await blobLane().send(put);
    failing.resolve();
    const read = response.body.bytes(10);
    await turn();
    peer.sockets[0]?.write("ch");
    expect(response.status).toBe(413);
    expect(Buffer.from(await read).toString()).toBe("much");
  });

  it("closes a connection on which the body was stopped: what came next would be taken for the rest of it", async () => {
    const closed = Promise.withResolvers<void>();
    const peer = await serveSockets((socket, number) => {
      const status = number === 1 ? "413 Too Large" : "201 Created";
      socket.on("data", () => socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`));
      if (number === 1) socket.on("close", () => closed.resolve());
    });
    const { send } = blobLane();
    const put = async (body: () => AsyncIterable<Uint8Array>): Promise<number> => {
      const response = await send(blobRequest(`http://${peer.host}/x`, { method: "PUT", body, contentLength: 10 }));
      await response.body.drop();
      return response.status;
    };
    const half = async function* () {
      yield Buffer.alloc(5);
      await closed.promise;
      yield Buffer.alloc(5);
    };
    expect(await put(half)).toBe(413);
    await closed.promise;
    expect(await put(() => pieces(1, 10))).toBe(201);
    expect(peer.sockets).toHaveLength(2);
  });
});

describe("a body that is sent", () => {
  it("is taken from its content only as fast as the peer reads, and given up where that takes nothing", async () => {
    const peer = await serveSockets((socket) => {
      socket.once("data", () => socket.pause().write("HTTP/1.1 100 Continue\r\n\r\n"));
    });
    let taken = 0;
    const body = (): AsyncIterable<Uint8Array> => pieces(256, MIB, () => taken++);
    const { send } = blobLane({ timeouts: { headersMs: 100, bodyMs: 100 } });
    const put = blobRequest(`http://${peer.host}/x`, { method: "PUT", body, contentLength: 256 * MIB });
    await expect(send(put)).rejects.toMatchObject({ code: "TIMEOUT", cause: { code: "LANE_SEND_TIMEOUT" } });
    // What both systems buffer, and the two that are being written.
    expect(taken).toBeLessThan(48);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
