import { once } from "node:events";
import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import { blobLane, blobRequest, MIB, serveSockets } from "../../../../../test/support/blob-lane-setup.ts";
import { failure } from "../../../../../test/support/transport-setup.ts";
import { SlabPool } from "../../bytes/slab-pool.ts";
import type { HttpRequest } from "../message/message.ts";

/** For what is to time out. */
const SHORT_MS = 50;
/** For what is not to, though this time goes by while it waits: what it does before and after takes less on a slow machine too. */
const LONGER_MS = 400;

const PUT = { method: "PUT", body: () => Buffer.alloc(10), contentLength: 10 } as const;

/** Waits until a timeout of `LONGER_MS` that begins now has struck, after those that began before: that of a body which the peer doesn't go on with. */
async function untilTimeout(): Promise<void> {
  const half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
  const peer = await serveSockets((socket) => void socket.once("data", () => socket.write(half)));
  const { send } = blobLane({ timeouts: { headersMs: 0, bodyMs: LONGER_MS } });
  const { body } = await send(blobRequest(`http://${peer.host}/x`));
  expect(await failure(body.bytes(10))).toMatchObject({ code: "TIMEOUT" });
}

describe.each<[string, Partial<HttpRequest>]>([
  ["GET", {}],
  ["PUT", PUT],
])("the connection of a %s", (_, init) => {
  const timeouts = { headersMs: 0, bodyMs: 0 };
  const LATE = { code: "TIMEOUT", cause: { code: "LANE_CONNECT_TIMEOUT" } };

  it("has its time, the name's being looked up in it", async () => {
    const lookup: LookupFunction = () => {};
    const { send } = blobLane({ lookup, connectTimeoutMs: SHORT_MS, timeouts });
    expect(await failure(send(blobRequest("http://r.example/x", init)))).toMatchObject(LATE);
  });

  it("has its time, the TLS handshake being in it; it is closed then", async () => {
    const closed = Promise.withResolvers<void>();
    const peer = await serveSockets((socket) => void socket.resume().once("close", () => closed.resolve()));
    const { send } = blobLane({ connectTimeoutMs: SHORT_MS, timeouts });
    expect(await failure(send(blobRequest(`https://${peer.host}/x`, init)))).toMatchObject(LATE);
    await closed.promise;
    expect(peer.sockets).toHaveLength(1);
  });

  it("once it is made, has no such limit any more", async () => {
    const asked = Promise.withResolvers<() => void>();
    const peer = await serveSockets((socket) => {
      socket.once("data", () => {
        asked.resolve(() => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
      });
    });
    const { send } = blobLane({ connectTimeoutMs: LONGER_MS, timeouts });
    const answered = send(blobRequest(`http://${peer.host}/x`, init));
    const answer = await asked.promise;
    await untilTimeout();
    answer();
    expect((await answered).status).toBe(200);
  });
});

describe("the time of a body", () => {
  const timeouts = { headersMs: 0, bodyMs: LONGER_MS };

  it("doesn't run while its content is what is waited for", async () => {
    const first = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    let sent = "";
    const peer = await serveSockets((socket) => {
      socket.on("data", (piece) => {
        sent += piece.toString("latin1");
        if (sent.endsWith("first ")) first.resolve();
        if (sent.endsWith("second")) socket.write("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
      });
    });
    const body = async function* () {
      yield Buffer.from("first ");
      await goOn.promise;
      yield Buffer.from("second");
    };
    const { send } = blobLane({ timeouts });
    const answered = send(blobRequest(`http://${peer.host}/x`, { method: "PUT", body, contentLength: 12 }));
    const settled = Promise.allSettled([answered]);
    await first.promise;
    await untilTimeout();
    goOn.resolve();
    expect(await settled).toMatchObject([{ status: "fulfilled", value: { status: 201 } }]);
    expect(sent).toMatch(/\r\n\r\nfirst second$/);
  });

  it.each<[string, Partial<HttpRequest>]>([
    ["GET", {}],
    ["PUT", PUT],
  ])("doesn't run while nobody reads the answer to a %s: we are the ones who pause", async (_, init) => {
    const size = 8 * MIB;
    const peer = await serveSockets((socket) => {
      socket.once("data", async () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
        for (let n = 0; n < 8; n += 1) if (!socket.write(Buffer.alloc(MIB, 7))) await once(socket, "drain");
      });
    });
    const slabs = new SlabPool({ budget: MIB });
    const { body } = await blobLane({ slabs, timeouts }).send(blobRequest(`http://${peer.host}/x`, init));
    if (init.method === undefined) while (slabs.lent < MIB) await turn();
    await untilTimeout();
    const { length } = await body.bytes(size);
    expect(length).toBe(size);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
