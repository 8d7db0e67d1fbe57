import { lookup } from "node:dns";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createTransport, type Transport } from "../../../../test/support/bare-transport.ts";
import { StoreError } from "../errors/errors.ts";
import type { RequestRecord } from "../store/store.ts";
import type { LaneChoice } from "./lanes.ts";
import type { HttpRequest } from "./message/message.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Peer {
  readonly origin: string;
  readonly sockets: Set<Socket>;
  connections(): number;
}

async function listen(server: Server): Promise<Peer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, sockets, connections: () => connections };
}

function serve(listener: RequestListener): Promise<Peer> {
  return listen(createServer(listener));
}

function transport(
  lane: LaneChoice,
  timeouts: { readonly headersMs?: number; readonly bodyMs?: number } = {},
): Transport {
  const made = createTransport({
    hostname: "127.0.0.1",
    tls: {},
    insecure: false,
    connections: 4,
    connectTimeoutMs: 5000,
    environment: {},
    lookup,
    lane,
    timeouts: { headersMs: 30_000, bodyMs: 30_000, ...timeouts },
  });
  cleanups.push(() => made.close());
  return made;
}

function request(origin: string, init: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "GET", url: new URL("/x", origin), kind: "blob", headers: {}, action: () => "read it", ...init };
}

async function* repeat(piece: Uint8Array, times: number, taken?: () => void): AsyncGenerator<Uint8Array, void, void> {
  for (let n = 0; n < times; n += 1) {
    taken?.();
    yield piece;
  }
}

describe.each<LaneChoice>(["control", "blob"])("Transport.send() by the %s lane", (lane) => {
  it("sends 20 HEADs over kept connections", async () => {
    const peer = await serve((_, response) => response.setHeader("content-length", "5").end());
    const { send } = transport(lane);
    for (let n = 0; n < 20; n += 1) {
      const response = await send(request(peer.origin, { method: "HEAD" }));
      expect(response.status).toBe(200);
      await response.body.drop();
    }
    // The next request may come a moment before undici takes the first connection for free.
    expect(peer.connections()).toBeLessThanOrEqual(2);
  });

  it("sends a streamed body with its length, and reports the request", async () => {
    const received: Buffer[] = [];
    const peer = await serve(async (incoming, response) => {
      for await (const piece of incoming) received.push(piece);
      response.writeHead(201, { "x-length": incoming.headers["content-length"] }).end();
    });
    const records: RequestRecord[] = [];
    const response = await transport(lane).send(
      request(peer.origin, {
        method: "PUT",
        body: () => repeat(Buffer.alloc(1000, 7), 50),
        contentLength: 50_000,
        onExchange: (record) => records.push(record),
      }),
    );
    await response.body.drop();
    expect(response.headers["x-length"]).toBe("50000");
    expect(Buffer.concat(received).equals(Buffer.alloc(50_000, 7))).toBe(true);
    expect(records).toEqual([{ method: "PUT", kind: "blob", host: peer.origin.slice(7), status: 201 }]);
  });

  it("joins a header that came twice", async () => {
    const peer = await serve((_, response) => response.setHeader("link", ["<a>", "<b>"]).end());
    const response = await transport(lane).send(request(peer.origin));
    await response.body.drop();
    expect(response.headers["link"]).toBe("<a>, <b>");
    expect(response.headers["constructor"]).toBeUndefined();
  });

  it("takes an early answer, and stops the body", async () => {
    const peer = await serve((incoming, response) => {
      response.writeHead(413, { connection: "close" }).end("too large", () => incoming.socket.destroySoon());
    });
    const { send } = transport(lane);
    for (let n = 0; n < 20; n += 1) {
      let taken = 0;
      const body = (): AsyncIterable<Uint8Array> => repeat(Buffer.alloc(65_536), 16_384, () => taken++);
      const response = await send(request(peer.origin, { method: "PATCH", body, contentLength: 65_536 * 16_384 }));
      expect(response.status).toBe(413);
      await response.body.drop();
      expect(taken).toBeLessThan(16_384);
    }
  });

  it("lets the content's own error through, and stores nothing of the body", async () => {
    let whole = false;
    const peer = await serve(async (incoming, response) => {
      incoming.on("error", () => {});
      incoming.on("end", () => {
        whole = incoming.complete;
      });
      incoming.resume();
      await once(incoming, "close");
      response.destroy();
    });
    const mismatch = new StoreError("DIGEST_MISMATCH", "wrong");
    const body = async function* (): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.alloc(10);
      throw mismatch;
    };
    await expect(transport(lane).send(request(peer.origin, { method: "PUT", body, contentLength: 20 }))).rejects.toBe(
      mismatch,
    );
    expect(whole).toBe(false);
  });

  it("says SIZE_MISMATCH for a body that is not as long as said", async () => {
    const peer = await serve((incoming) => void incoming.on("error", () => {}).resume());
    const { send } = transport(lane);
    for (const contentLength of [99, 101]) {
      const body = (): AsyncIterable<Uint8Array> => repeat(Buffer.alloc(10), 10);
      await expect(send(request(peer.origin, { method: "PUT", body, contentLength }))).rejects.toMatchObject({
        code: "SIZE_MISMATCH",
      });
    }
  });

  it("sends a request again whose kept connection died before it answered, with its body made anew", async () => {
    let bodies = 0;
    const peer = await serve(async (incoming, response) => {
      const { socket } = incoming;
      // The second request on a connection finds it dead.
      if (Object.hasOwn(socket, "used")) return void socket.destroy();
      Object.assign(socket, { used: true });
      for await (const piece of incoming) bodies += piece.length;
      response.end("ok");
    });
    const { send } = transport(lane);
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const body = (): Uint8Array => Buffer.alloc(5);
      const put = request(peer.origin, {
        method: "PUT",
        body,
        contentLength: 5,
        onExchange: ({ status }) => statuses.push(status),
      });
      const response = await send(put);
      await response.body.bytes(10);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(4);
    expect(statuses).toContain(0);
    expect(bodies).toBe(20);
  });

  it("does not send a body again that a kept connection was taking when it died", async () => {
    const piece = Buffer.alloc(1024 * 1024);
    const kept = new Set<Socket>();
    const puts: boolean[] = [];
    const peer = await serve((incoming, response) => {
      if (incoming.url === "/first") {
        kept.add(incoming.socket);
        return void incoming.resume().on("end", () => response.end("ok"));
      }
      puts.push(kept.has(incoming.socket));
      let taken = 0;
      incoming.on("data", (data: Buffer) => {
        taken += data.length;
        if (taken > piece.length) incoming.socket.destroy();
      });
    });
    const { send } = transport(lane);
    const first = {
      url: new URL("/first", peer.origin),
      method: "PUT",
      body: () => piece,
      contentLength: piece.length,
    } as const;
    await (await send(request(peer.origin, first))).body.bytes(10);
    // The connection is taken back a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    const put = { method: "PUT", body: () => repeat(piece, 64), contentLength: 64 * piece.length } as const;
    await expect(send(request(peer.origin, put))).rejects.toMatchObject({ code: "NETWORK" });
    expect(puts).toEqual([true]);
  });

  it("does not send a request again whose new connection died", async () => {
    const peer = await listen(createSocketServer((socket) => socket.once("data", () => socket.destroy())));
    await expect(transport(lane).send(request(peer.origin))).rejects.toMatchObject({ code: "NETWORK" });
    expect(peer.connections()).toBe(1);
  });

  it("says TIMEOUT where no head comes, and where the body stops", async () => {
    const silent = await serve(() => {});
    await expect(transport(lane, { headersMs: 50 }).send(request(silent.origin))).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    const stalled = await serve(
      (_, response) => void response.writeHead(200, { "content-length": "10" }).write("12345"),
    );
    const response = await transport(lane, { bodyMs: 50 }).send(request(stalled.origin));
    await expect(response.body.bytes(10)).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("says NETWORK where nobody listens, and for a name that isn't there", async () => {
    const peer = await serve(() => {});
    await cleanups.pop()?.();
    await expect(transport(lane).send(request(peer.origin))).rejects.toMatchObject({
      code: "NETWORK",
      message: expect.stringMatching(/^Cannot read it: .*refused/),
    });
    await expect(transport(lane).send(request("http://name.invalid"))).rejects.toMatchObject({ code: "NETWORK" });
  });

  it("says TLS where https is asked of a server that speaks none", async () => {
    const peer = await serve(() => {});
    await expect(transport(lane).send(request(peer.origin.replace("http:", "https:")))).rejects.toMatchObject({
      code: "TLS",
      message: expect.stringMatching(/ does not speak TLS$/),
    });
  });

  it("says PROTOCOL for what is no HTTP", async () => {
    const peer = await listen(
      createSocketServer((socket) => socket.once("data", () => socket.end("SSH-2.0-x\r\n\r\n"))),
    );
    await expect(transport(lane).send(request(peer.origin))).rejects.toMatchObject({
      code: "PROTOCOL",
      message: expect.stringMatching(/ does not answer in HTTP; it may speak TLS$/),
    });
  });

  it("says PROTOCOL and that it is malformed where an answer begins as HTTP and has a line that is not a header", async () => {
    const head = "HTTP/1.1 200 OK\r\nX-A\r\nContent-Length: 2\r\n\r\n";
    const peer = await listen(createSocketServer((socket) => socket.once("data", () => socket.end(`${head}ok`))));
    await expect(transport(lane).send(request(peer.origin))).rejects.toMatchObject({
      code: "PROTOCOL",
      message: expect.stringMatching(/: the answer of 127\.0\.0\.1:\d+ is malformed HTTP \(/),
    });
  });

  it("gives a head up that drips and does not end in time", async () => {
    const peer = await listen(
      createSocketServer((socket) => {
        socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nX-Long: "));
        const dripping = setInterval(() => socket.write("x"), 10);
        socket.on("close", () => clearInterval(dripping));
      }),
    );
    await expect(transport(lane, { headersMs: 100 }).send(request(peer.origin))).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(/ did not answer in time$/),
    });
    while (peer.sockets.size > 0) await new Promise(setImmediate);
  });

  it("rejects with the signal's reason before, during and after the head, and leaves no listener", async () => {
    const peer = await serve((incoming, response) => {
      if (incoming.url === "/body") response.write("1");
    });
    const { send } = transport(lane);
    const reason = new Error("enough");
    await expect(send(request(peer.origin, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);

    const controller = new AbortController();
    const waiting = send(request(peer.origin, { signal: controller.signal }));
    while (peer.sockets.size === 0) await new Promise(setImmediate);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);

    const later = new AbortController();
    const response = await send(request(peer.origin, { url: new URL("/body", peer.origin), signal: later.signal }));
    const reading = response.body.bytes(10);
    later.abort(reason);
    await expect(reading).rejects.toBe(reason);
    while (peer.sockets.size > 0) await new Promise(setImmediate);
  });

  it("leaves no listener on a signal that lives on", async () => {
    const peer = await serve((incoming, response) =>
      response.writeHead(incoming.url === "/x" ? 200 : 404).end("12345"),
    );
    const { send } = transport(lane);
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    for (let n = 0; n < 5; n += 1) await (await send(request(peer.origin, { signal }))).body.bytes(5);
    await expect(send(request("http://127.0.0.1:1", { signal }))).rejects.toMatchObject({ code: "NETWORK" });
    expect(listeners).toBe(0);
  });

  it("fails what is under way when it is closed, and what comes after", async () => {
    const peer = await serve(() => {});
    const made = transport(lane);
    const waiting = made.send(request(peer.origin));
    const failed = expect(waiting).rejects.toMatchObject({ code: "NETWORK" });
    while (peer.sockets.size === 0) await new Promise(setImmediate);
    await made.close();
    await failed;
    await expect(made.send(request(peer.origin))).rejects.toMatchObject({ code: "NETWORK" });
  });
});

describe.each<LaneChoice>(["control", "blob"])("ResponseBody of the %s lane", (lane) => {
  it("holds the server back while nobody reads", async () => {
    let written = 0;
    const peer = await serve((_, response) => {
      const write = (): void => {
        while (written < 1 << 28 && response.write(Buffer.alloc(65_536))) written += 65_536;
        written += 65_536;
        response.once("drain", write);
      };
      write();
    });
    const response = await transport(lane).send(request(peer.origin));
    let before = -1;
    // Until nothing moves any more.
    while (written !== before) {
      before = written;
      for (let n = 0; n < 200; n += 1) await new Promise(setImmediate);
    }
    expect(written).toBeLessThan(1 << 26);
    await response.body.drop();
  });

  it("closes the connection when its reading is given up", async () => {
    const peer = await serve((_, response) => void response.write(Buffer.alloc(1000)));
    const response = await transport(lane).send(request(peer.origin));
    for await (const _ of response.body) break;
    while (peer.sockets.size > 0) await new Promise(setImmediate);
  });

  it("ends at once when its iterator returns in the middle of a wait", async () => {
    const peer = await serve((_, response) => void response.flushHeaders());
    const response = await transport(lane).send(request(peer.origin));
    const iterator = response.body[Symbol.asyncIterator]();
    const next = iterator.next();
    await iterator.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("closes the connection when it is dropped in the middle of its reading, and fails the read that waits: that is no end", async () => {
    const peer = await serve((_, response) => void response.write("half"));
    const { body } = await transport(lane).send(request(peer.origin));
    const pieces = body[Symbol.asyncIterator]();
    expect(Buffer.from((await pieces.next()).value ?? []).toString()).toBe("half");
    const failed = expect(pieces.next()).rejects.toMatchObject({ code: "NETWORK" });
    await body.drop();
    await failed;
    while (peer.sockets.size > 0) await new Promise(setImmediate);
  });

  it("keeps the connection when a short rest is dropped, not when a long one is", async () => {
    let length = 1000;
    const peer = await serve((_, response) => response.end(Buffer.alloc(length)));
    const { send } = transport(lane);
    for (let n = 0; n < 10; n += 1) await (await send(request(peer.origin))).body.drop();
    expect(peer.connections()).toBeLessThanOrEqual(2);
    length = 1 << 22;
    for (let n = 0; n < 10; n += 1) await (await send(request(peer.origin))).body.drop();
    expect(peer.connections()).toBeGreaterThanOrEqual(9);
  });

  it("refuses more bytes than the limit", async () => {
    const peer = await serve((_, response) => response.end(Buffer.alloc(1001)));
    const response = await transport(lane).send(request(peer.origin));
    await expect(response.body.bytes(1000)).rejects.toMatchObject({ code: "PROTOCOL" });
  });

  it("hands out what came before the connection broke", async () => {
    const peer = await serve((_, response) => {
      response.writeHead(200, { "content-length": "10" }).write("12345", () => response.socket?.destroySoon());
    });
    const response = await transport(lane).send(request(peer.origin));
    let text = "";
    const reading = (async () => {
      for await (const piece of response.body) text += Buffer.from(piece).toString();
    })();
    await expect(reading).rejects.toMatchObject({ code: "NETWORK" });
    expect(text).toBe("12345");
  });

  it("can't be read twice", async () => {
    const peer = await serve((_, response) => response.end("1"));
    const response = await transport(lane).send(request(peer.origin));
    await response.body.bytes(1);
    await expect(response.body.bytes(1)).rejects.toThrow(TypeError);
    await response.body.drop();
  });
});
