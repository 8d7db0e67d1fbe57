import { once } from "node:events";
import { mkdir, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codesOf, pushBlob, send, sendPart, startUpload, untilArrived, withDigest } from "./client.ts";
import { type FolderServer, serveFolder } from "./folder-server.ts";
import { artifact, pushEmptyBlob, putManifest, someBytes } from "./sample-content.ts";

const MIB = 1024 * 1024;
/** A client has to send 1 kB in each 50 ms that the server waits for it. */
const HASTY = { limits: { minBytesPerSecond: 20_000, rateWindowMs: 50 } } as const;

/** Resolves when the connection is gone, ended or reset. */
function closed(socket: Socket): Promise<void> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Writes one byte after the other until the connection is gone. */
async function drip(socket: Socket): Promise<void> {
  const timer = setInterval(() => socket.write("x"), 10);
  await closed(socket);
  clearInterval(timer);
}

const uploadsOf = (folder: FolderServer, repository: string): Promise<string[]> =>
  readdir(join(folder.dir, ".tranship/uploads", repository)).catch(() => []);

describe("serve() cuts clients that are too slow", () => {
  it("keeps the bytes of a chunk that drips, and goes on after them", async () => {
    await using folder = await serveFolder(HASTY);
    const { bytes, digest } = someBytes(5000);
    const upload = await startUpload(folder.url, "a");
    const part = { method: "PATCH", announced: 1 * MIB, bytes: bytes.subarray(0, 2000) };
    const socket = await sendPart(upload, part);
    await untilArrived(upload, 2000);
    await closed(socket);
    expect((await send(upload)).headers["range"]).toBe("0-1999");
    const rest = await send(withDigest(upload, digest), { method: "PUT", body: bytes.subarray(2000) });
    expect(rest.status).toBe(201);
  });

  it.each([
    ["a chunk", async (folder: FolderServer) => startUpload(folder.url, "a"), "PATCH"],
    ["a manifest", async (folder: FolderServer) => new URL(`${folder.url}/v2/a/manifests/v1`), "PUT"],
    ["a body that nobody reads", async (folder: FolderServer) => new URL(`${folder.url}/v2/nothing`), "GET"],
  ])("ends the connection of a client that sends %s byte by byte", async (_, urlFor, method) => {
    await using folder = await serveFolder(HASTY);
    const socket = await sendPart(await urlFor(folder), { method, announced: 100_000, bytes: Buffer.from("x") });
    socket.resume();
    await drip(socket);
  });

  it("ends the connection of a client that asks for a blob and takes nothing of it", async () => {
    await using folder = await serveFolder(HASTY);
    const { bytes, digest } = someBytes(32 * MIB);
    await pushBlob(folder.url, "a", digest, bytes);
    const socket = connect(folder.server.port, "127.0.0.1").on("error", () => undefined);
    socket.pause();
    socket.write(`GET /v2/a/blobs/${digest} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    const answered = (await once(socket, "readable").then(() => socket.read(1))) as Buffer;
    expect(answered).toHaveLength(1);
    // What the kernel holds is all that comes: the server has cut the rest.
    let came = 1;
    for await (const piece of await cutWithoutReading(folder, socket)) came += piece.length;
    expect(came).toBeLessThan(bytes.length);
  });

  it("leaves alone a client that is waited for no longer than it may be", async () => {
    await using folder = await serveFolder({ limits: { minBytesPerSecond: 0, rateWindowMs: 20 } });
    const { bytes, digest } = someBytes(100);
    const upload = await startUpload(folder.url, "a");
    const socket = await sendPart(withDigest(upload, digest), {
      method: "PUT",
      announced: 100,
      bytes: bytes.subarray(0, 50),
    });
    await untilArrived(upload, 50).catch(() => undefined);
    for (const byte of bytes.subarray(50)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      socket.write(Buffer.of(byte));
    }
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 201 /);
    socket.destroy();
  });
});

/** Waits until the server has no connection left, without reading, and then gives what had come. */
async function cutWithoutReading(folder: FolderServer, socket: Socket): Promise<AsyncIterable<Buffer>> {
  await folder.server.close({ graceMs: 60_000 });
  return socket;
}

describe("serve() limits uploads", () => {
  it("answers 429 where too many are open, and takes a new one when one of them has ended", async () => {
    await using folder = await serveFolder({ limits: { uploads: 3 } });
    const start = () => send(`${folder.url}/v2/a/blobs/uploads/`, { method: "POST" });
    const replies = await Promise.all(Array.from({ length: 10 }, start));
    expect(replies.filter(({ status }) => status === 202)).toHaveLength(3);
    const refused = replies.find(({ status }) => status !== 202);
    expect(refused?.status).toBe(429);
    expect(refused?.headers["retry-after"]).toMatch(/^\d+$/);
    expect(refused && codesOf(refused)).toEqual(["TOOMANYREQUESTS"]);
    expect(await uploadsOf(folder, "a")).toHaveLength(3);
    const [open] = replies.filter(({ status }) => status === 202);
    const url = new URL(open?.headers.location ?? "", folder.url);
    // A cancelled one counts once, however often it is cancelled.
    expect([(await send(url, { method: "DELETE" })).status, (await send(url, { method: "DELETE" })).status]).toEqual([
      204, 404,
    ]);
    expect([(await start()).status, (await start()).status]).toEqual([202, 429]);
  });

  it("counts those of an earlier process, and no longer what somebody removed from the folder", async () => {
    await using folder = await serveFolder({ limits: { uploads: 2 } }, async (dir) => {
      const uploads = join(dir, ".tranship/uploads/b");
      await mkdir(uploads, { recursive: true });
      for (const digit of "12") await writeFile(join(uploads, `0000000${digit}-0000-4000-8000-000000000000`), "");
    });
    const start = async () => (await send(`${folder.url}/v2/a/blobs/uploads/`, { method: "POST" })).status;
    expect(await start()).toBe(429);
    await rm(join(folder.dir, ".tranship/uploads/b"), { recursive: true });
    expect([await start(), await start(), await start()]).toEqual([202, 202, 429]);
  });

  it("leaves no folder of uploads that have ended", async () => {
    await using folder = await serveFolder();
    for (const name of ["a", "b", "c"]) {
      const upload = await startUpload(folder.url, name);
      expect((await send(upload, { method: "DELETE" })).status).toBe(204);
    }
    while ((await readdir(join(folder.dir, ".tranship/uploads"))).length > 0) await new Promise(setImmediate);
  });

  it("blobs that come whole leave none open, right or wrong", async () => {
    await using folder = await serveFolder({ limits: { uploads: 1 } });
    for (let round = 0; round < 3; round += 1) {
      const { bytes, digest } = someBytes(100);
      expect((await pushBlob(folder.url, "a", digest, bytes)).status).toBe(201);
      expect((await pushBlob(folder.url, "a", digest, someBytes(100).bytes)).status).toBe(400);
    }
  });

  it("removes uploads that nobody continues while it runs, and leaves those that are written to", async () => {
    await using folder = await serveFolder({ limits: { uploadAgeMs: 200 } });
    const [idle, busy] = [await startUpload(folder.url, "idle"), await startUpload(folder.url, "busy")];
    const socket = await sendPart(busy, { method: "PATCH", announced: MIB, bytes: Buffer.from("x") });
    await untilArrived(busy, 1);
    // As old as it can be, and held by a request.
    const [id = ""] = await uploadsOf(folder, "busy");
    await utimes(join(folder.dir, ".tranship/uploads/busy", id), 0, 0);
    while ((await send(idle)).status !== 404) await new Promise((resolve) => setTimeout(resolve, 10));
    // Its folder goes with it.
    while ((await readdir(join(folder.dir, ".tranship/uploads"))).length > 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await uploadsOf(folder, "busy")).toHaveLength(1);
    socket.destroy();
  });
});

describe("serve() limits the size of the folder", () => {
  it("refuses what would be too much before it reads it, and forgets an upload for which there is no room", async () => {
    await using folder = await serveFolder({ limits: { bytes: 10_000 } });
    const first = someBytes(6000);
    expect((await pushBlob(folder.url, "a", first.digest, first.bytes)).status).toBe(201);
    const second = someBytes(6000);
    const refused = await pushBlob(folder.url, "a", second.digest, second.bytes);
    expect([refused.status, codesOf(refused)]).toEqual([403, ["DENIED"]]);
    expect(String(refused.body)).toMatch(
      /Cannot store 6000 bytes: the registry may take 10000 bytes, and \d+ are in use/,
    );
    const upload = await startUpload(folder.url, "a");
    const chunked = await sendChunked(upload, [second.bytes.subarray(0, 3000), second.bytes.subarray(3000)]);
    expect(chunked).toBe(403);
    // Most clients cancel nothing: what is left of it would keep others out.
    expect((await send(upload)).status).toBe(404);
    const small = someBytes(3000);
    expect((await pushBlob(folder.url, "a", small.digest, small.bytes)).status).toBe(201);
    // A blob that goes makes room.
    expect((await send(`${folder.url}/v2/a/blobs/${first.digest}`, { method: "DELETE" })).status).toBe(202);
    expect((await pushBlob(folder.url, "a", second.digest, second.bytes)).status).toBe(201);
  });

  it("counts manifests, and what was there before; a mount takes nothing", async () => {
    const image = artifact({ note: "x".repeat(4000) });
    await using folder = await serveFolder({ limits: { bytes: 20_000 } }, async (dir) => {
      await writeFile(join(dir, "other"), Buffer.alloc(10_000));
      await mkdir(join(dir, ".tranship"));
    });
    await pushEmptyBlob(folder.url, "a");
    expect((await putManifest(folder.url, "a", "v1", image.bytes)).status).toBe(201);
    const { bytes, digest } = someBytes(2000);
    expect((await pushBlob(folder.url, "a", digest, bytes)).status).toBe(201);
    const mounts = await Promise.all(
      ["b", "c", "d", "e"].map((name) =>
        send(`${folder.url}/v2/${name}/blobs/uploads/?mount=${digest}&from=a`, { method: "POST" }),
      ),
    );
    expect(mounts.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const more = artifact({ note: "y".repeat(4000) });
    const refused = await putManifest(folder.url, "a", "v2", more.bytes);
    expect([refused.status, codesOf(refused)]).toEqual([403, ["DENIED"]]);
    expect((await send(`${folder.url}/v2/a/manifests/v2`)).status).toBe(404);
  });

  it("takes no more where much comes at once after a deletion, and counts right afterwards", async () => {
    await using folder = await serveFolder({ limits: { bytes: 200_000 } });
    await pushEmptyBlob(folder.url, "a");
    const gone = someBytes(100_000);
    await pushBlob(folder.url, "a", gone.digest, gone.bytes);
    await send(`${folder.url}/v2/a/blobs/${gone.digest}`, { method: "DELETE" });
    const notes = Array.from({ length: 40 }, (_, index) => artifact({ note: `${index} ${"x".repeat(20_000)}` }));
    const replies = await Promise.all(notes.map(({ bytes, digest }) => putManifest(folder.url, "a", digest, bytes)));
    const stored = replies.filter(({ status }) => status === 201).length;
    expect(stored).toBeGreaterThan(0);
    expect(stored * 20_000).toBeLessThanOrEqual(200_000);
    for (const { bytes, digest } of notes.slice(0, 5)) await putManifest(folder.url, "b", digest, bytes);
    const files = await readdir(folder.dir, { recursive: true, withFileTypes: true });
    const sizes = files.filter((file) => file.isFile() && file.parentPath.includes("sha256"));
    const bytes = await Promise.all(sizes.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(200_000);
  });

  it("refuses limits that are none", async () => {
    for (const limits of [{ bytes: 0 }, { uploads: -1 }, { connections: Number.NaN }, { rateWindowMs: 0 }])
      await expect(serveFolder({ limits })).rejects.toThrow(/Bad limit "\w+": expected a number above 0/);
  });
});

describe("serve() limits connections", () => {
  it("closes one that is too many, and takes one when another has gone", async () => {
    await using folder = await serveFolder({ limits: { connections: 2 } });
    const open = async (): Promise<Socket> => {
      const socket = connect(folder.server.port, "127.0.0.1").on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    };
    const [first] = [await open(), await open()];
    const third = await open();
    await closed(third.resume());
    first.destroy();
    for (;;) {
      const reply = await send(`${folder.url}/v2/`).catch(() => undefined);
      if (reply !== undefined) {
        expect(reply.status).toBe(200);
        break;
      }
    }
  });
});

/** PATCHes without a length; the status. */
async function sendChunked(url: URL, pieces: readonly Uint8Array[]): Promise<number> {
  const outgoing = request(url, { method: "PATCH", agent: false, headers: { connection: "close" } });
  outgoing.on("error", () => undefined);
  for (const piece of pieces) {
    await new Promise<void>((resolve) => outgoing.write(piece, () => resolve()));
    if (piece !== pieces.at(-1)) await untilArrived(url, 3000).catch(() => undefined);
  }
  outgoing.end();
  const [reply] = await once(outgoing, "response");
  reply.resume();
  return reply.statusCode;
}
