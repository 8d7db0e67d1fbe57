import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blobLane, blobRequest, MIB } from "../../../../../test/support/blob-lane-setup.ts";
import { CertificateAuthority } from "../../../../../test/support/certificates.ts";
import { cleanups, listen } from "../../../../../test/support/transport-setup.ts";
import { SlabPool } from "../../bytes/slab-pool.ts";
import type { HttpRequest } from "../message/message.ts";

type Listener = (incoming: IncomingMessage, response: ServerResponse) => void;

describe("slabs", () => {
  it.each(["http", "https"])(
    "are not written to before a slow sink has what is in them, while others are broken off: over %s",
    async (scheme) => {
      const blobs = Array.from({ length: 6 }, () => randomBytes(6 * MIB));
      const received = blobs.map(() => ({ bytes: 0, isRight: true }));
      const over = blobs.map(() => Promise.withResolvers<void>());
      const broken = new AbortController();
      const { pem, ca } = await certificate(scheme);
      const serve = (listener: Listener): Promise<string> =>
        listen(pem === undefined ? createServer(listener) : createTlsServer(pem, listener));
      const source = await serve((incoming, response) => response.end(blobs[numberOf(incoming)]));
      const sink = await serve(async (incoming, response) => {
        const number = numberOf(incoming);
        const [blob, so] = [blobs[number], received[number]];
        if (blob === undefined || so === undefined) return;
        incoming.on("error", () => {});
        incoming.on("close", () => over[number]?.resolve());
        incoming.on("data", (piece: Buffer) => {
          if (!piece.equals(blob.subarray(so.bytes, so.bytes + piece.length))) so.isRight = false;
          so.bytes += piece.length;
          if (number % 2 === 1 && so.bytes > 2 * MIB) broken.abort();
          // Slowly: the others fill what is free meanwhile.
          incoming.pause();
          turns(20).then(() => incoming.resume());
        });
        incoming.on("end", () => response.writeHead(201).end());
      });
      // Of two small slabs each, and no more.
      const slabs = new SlabPool({ budget: 3 * MIB });
      const { send } = blobLane({ slabs, tls: { ca } });
      const move = async (number: number): Promise<number> => {
        const signal = number % 2 === 1 ? broken.signal : undefined;
        const { body } = await send(blobRequest(`${scheme}://${source}/${number}`, { signal }));
        const put = { method: "PUT", body: () => body, contentLength: 6 * MIB, signal } as const;
        const response = await send(blobRequest(`${scheme}://${sink}/${number}`, put));
        await response.body.drop();
        return response.status;
      };
      const moved = await Promise.allSettled(blobs.map((_, number) => move(number)));
      await Promise.all(over.map(({ promise }) => promise));
      for (const [number, { bytes, isRight }] of received.entries()) {
        // Also of one that was broken off, what came is a prefix.
        expect(isRight, `blob ${number}`).toBe(true);
        if (number % 2 === 0) expect([moved[number], bytes]).toEqual([{ status: "fulfilled", value: 201 }, 6 * MIB]);
      }
      expect(moved.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
      while (slabs.lent > 0) await turns(1);
    },
  );
});

describe("Expect: 100-continue", () => {
  const body = (taken: { bytes: number }) => () =>
    (async function* () {
      for (let n = 0; n < 32; n += 1) {
        taken.bytes += MIB / 4;
        yield Buffer.alloc(MIB / 4, n);
      }
    })();
  const LONG = { method: "PUT", contentLength: 8 * MIB } as const;

  it("is sent with the first long body to a host, and where a token ends soon; a refusal costs no byte of it", async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((incoming, response) => {
      asked.push(incoming.headers.expect);
      incoming.resume().on("end", () => response.writeHead(201).end());
    });
    server.on("checkContinue", (incoming: IncomingMessage, response: ServerResponse) => {
      asked.push(incoming.headers.expect);
      if (incoming.url === "/refused") return void response.writeHead(401).end();
      response.writeContinue();
      incoming.resume().on("end", () => response.writeHead(201).end());
    });
    const host = await listen(server);
    const { send } = blobLane();
    const taken = { bytes: 0 };
    const put = async (path: string, init: Partial<HttpRequest> = {}): Promise<number> => {
      const response = await send(blobRequest(`http://${host}${path}`, { ...LONG, body: body(taken), ...init }));
      await response.body.drop();
      return response.status;
    };
    expect(await put("/refused")).toBe(401);
    expect(taken.bytes).toBe(0);
    expect([await put("/x"), await put("/x", { asksFirst: true })]).toEqual([201, 201]);
    const short = { contentLength: MIB, body: () => Buffer.alloc(MIB) };
    expect(await put("/x", short)).toBe(201);
    // Where the server may refuse the body, it is asked whatever the length.
    expect(await put("/x", { ...short, asksFirst: true })).toBe(201);
    expect(asked).toEqual(["100-continue", undefined, "100-continue", undefined, "100-continue"]);
  });

  it("is left out where a server refuses it by 417, there and from then on", async () => {
    const asked: (string | undefined)[] = [];
    const answer = (incoming: IncomingMessage, response: ServerResponse): void => {
      asked.push(incoming.headers.expect);
      incoming.resume().on("end", () => response.writeHead(201).end());
    };
    const server = createServer(answer);
    server.on("checkContinue", (incoming: IncomingMessage, response: ServerResponse) => {
      asked.push(incoming.headers.expect);
      response.writeHead(417).end();
    });
    const host = await listen(server);
    const { send } = blobLane();
    const taken = { bytes: 0 };
    for (const asksFirst of [false, true]) {
      const response = await send(blobRequest(`http://${host}/x`, { ...LONG, body: body(taken), asksFirst }));
      await response.body.drop();
      expect(response.status).toBe(201);
    }
    expect(asked).toEqual(["100-continue", undefined, undefined]);
    expect(taken.bytes).toBe(16 * MIB);
  });

  it("is not waited for longer than a second: the body is sent to who says nothing", async () => {
    const { promise: whole, resolve } = Promise.withResolvers<void>();
    const server = createSocketServer((socket) => {
      let bytes = 0;
      socket.on("error", () => {});
      socket.on("data", (piece) => {
        bytes += piece.length;
        if (bytes <= 8 * MIB) return;
        resolve();
        socket.end("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(async () => void server.close());
    const { send } = blobLane();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    const { status } = await send(blobRequest(url, { ...LONG, body: body({ bytes: 0 }) }));
    await whole;
    expect(status).toBe(201);
  });
});

async function certificate(scheme: string) {
  if (scheme === "http") return { pem: undefined, ca: [] };
  const folder = await mkdtempDisposable(join(tmpdir(), "tranship-blob-lane-"));
  cleanups.push(() => folder.remove());
  const authority = await CertificateAuthority.create("openssl", folder.path);
  const issued = await authority.issue("server");
  const pem = { cert: await readFile(issued.certificate), key: await readFile(issued.key) };
  return { pem, ca: [await readFile(authority.certificate, "utf8")] };
}

function numberOf({ url = "" }: IncomingMessage): number {
  return Number(url.slice(1));
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve));
}
