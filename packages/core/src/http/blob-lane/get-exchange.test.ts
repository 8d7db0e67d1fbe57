import { execFile } from "node:child_process";
import type { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { Transport } from "../../../../../test/support/bare-transport.ts";
import { answer, blobLane, blobRequest, MIB, serveSockets } from "../../../../../test/support/blob-lane-setup.ts";
import { SlabPool } from "../../bytes/slab-pool.ts";
import type { HttpRequest } from "../message/message.ts";

/** Shorter than an idle connection is kept: what is to be closed at once isn't found closed by that. */
const BEFORE_IDLE = { timeout: 20_000 };

async function read({ send }: Transport, host: string, init: Partial<HttpRequest> = {}): Promise<string> {
  const { body } = await send(blobRequest(`http://${host}/x`, init));
  return Buffer.from(await body.bytes(MIB)).toString();
}

/** Answers each request of a connection with the connection's number. */
function byNumber(headers: readonly string[] = []): (socket: Socket, number: number) => void {
  return (socket, number) => void socket.on("data", () => socket.write(answer(`${number}`, headers)));
}

function closing(socket: Socket | undefined): Promise<unknown> {
  return new Promise((resolve) => socket?.once("close", resolve));
}

describe("a kept connection", BEFORE_IDLE, () => {
  it("carries the next request, and holds no slab and no share of them meanwhile", async () => {
    const peer = await serveSockets(byNumber());
    const slabs = new SlabPool();
    const lane = blobLane({ slabs });
    for (let n = 0; n < 3; n += 1) {
      expect(await read(lane, peer.host)).toBe("1");
      expect({ transfers: slabs.transfers, lent: slabs.lent }).toEqual({ transfers: 0, lent: 0 });
    }
  });

  it("is closed where the server says so, though it leaves that to us", async () => {
    const peer = await serveSockets(byNumber(["Connection: Close"]));
    const lane = blobLane();
    expect(await read(lane, peer.host)).toBe("1");
    await closing(peer.sockets[0]);
    expect(await read(lane, peer.host)).toBe("2");
  });

  it("is closed when bytes come that nobody asked for, and no answer is made of them", async () => {
    const peer = await serveSockets(byNumber());
    const lane = blobLane();
    expect(await read(lane, peer.host)).toBe("1");
    const closed = closing(peer.sockets[0]);
    peer.sockets[0]?.write(answer("not asked for"));
    await closed;
    expect(await read(lane, peer.host)).toBe("2");
  });

  it("is closed with the client, those for answers and those for bodies", async () => {
    const peer = await serveSockets(byNumber());
    const lane = blobLane();
    expect(await read(lane, peer.host)).toBe("1");
    const body = (): Uint8Array => Buffer.alloc(5);
    expect(await read(lane, peer.host, { method: "PUT", body, contentLength: 5 })).toBe("2");
    const closed = Promise.all(peer.sockets.map(closing));
    await lane.close();
    await closed;
  });

  it("keeps no process alive", async () => {
    const peer = await serveSockets(byNumber());
    const program = `
      import { lookup } from "node:dns";
      import { createTransport } from ${JSON.stringify(join(import.meta.dirname, "../../../../../test/support/bare-transport.ts"))};
      const common = { hostname: "127.0.0.1", tls: {}, insecure: false, environment: {}, lookup, lane: "blob" };
      const timeouts = { headersMs: 60_000, bodyMs: 60_000 };
      const { send } = createTransport({ ...common, connections: 2, connectTimeoutMs: 60_000, timeouts });
      const request = { url: new URL("http://${peer.host}/x"), kind: "blob", headers: {}, action: () => "move it" };
      for (const init of [{ method: "GET" }, { method: "PUT", body: () => Buffer.alloc(5), contentLength: 5 }]) {
        const { body } = await send({ ...request, ...init });
        console.log(Buffer.from(await body.bytes(10)).toString());
      }`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    expect(stdout).toBe("1\n2\n");
  });

  it("may die unanswered: the request is sent again on a new one", async () => {
    const peer = await serveSockets((socket, number) => {
      socket.once("data", () => {
        socket.write(answer(`${number}`));
        socket.once("data", () => socket.destroy());
      });
    });
    const lane = blobLane();
    const statuses: number[] = [];
    const onExchange = ({ status }: { readonly status: number }): void => void statuses.push(status);
    expect(await read(lane, peer.host, { onExchange })).toBe("1");
    expect(await read(lane, peer.host, { onExchange })).toBe("2");
    expect(statuses).toEqual([200, 0, 200]);
  });

  it("that dies in the middle of an answer's head is an error: the request may have done something", async () => {
    const peer = await serveSockets((socket, number) => {
      socket.once("data", () => {
        socket.write(answer(`${number}`));
        socket.once("data", () => socket.end("HTTP/1.1 200"));
      });
    });
    const lane = blobLane();
    expect(await read(lane, peer.host)).toBe("1");
    await expect(read(lane, peer.host)).rejects.toMatchObject({ code: "NETWORK" });
    expect(peer.sockets).toHaveLength(1);
  });
});

describe("the head of an answer", () => {
  it("is read up to 16 KiB, and with a byte more by a lenient reader, on another connection", async () => {
    const filled = (size: number): string => answer("", [`x: ${"y".repeat(size)}`]);
    const longest = 16 * 1024 - filled(0).length;
    let more = 0;
    const peer = await serveSockets((socket) => {
      socket.on("data", () => {
        socket.write(filled(longest + more));
        more = 1;
      });
    });
    const lane = blobLane();
    const { headers, body } = await lane.send(blobRequest(`http://${peer.host}/x`));
    await body.drop();
    expect(headers["x"]).toHaveLength(longest);
    const longer = await lane.send(blobRequest(`http://${peer.host}/x`));
    await longer.body.drop();
    expect(longer.headers["x"]).toHaveLength(longest + 1);
    expect(peer.sockets).toHaveLength(2);
  });
});

describe("an answer that is dropped", () => {
  it("in the middle of its reading gives its slabs back, also what nobody has read, and no end", async () => {
    const peer = await serveSockets((socket) => {
      socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${8 * MIB}\r\n\r\n`));
      socket.on("data", () => socket.write(Buffer.alloc(4 * MIB)));
    });
    const slabs = new SlabPool({ budget: MIB });
    const { body } = await blobLane({ slabs }).send(blobRequest(`http://${peer.host}/x`));
    const pieces = body[Symbol.asyncIterator]();
    await pieces.next();
    while (slabs.lent < MIB) await turn();
    await body.drop();
    while (slabs.lent > 0 || slabs.transfers > 0) await turn();
    await expect(pieces.next()).rejects.toMatchObject({ code: "NETWORK" });
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
