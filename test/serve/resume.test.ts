import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { serve } from "../../packages/cli-worker/src/serve/serve.ts";
import { send, sendPart, startUpload, untilArrived, withDigest } from "./client.ts";
import { serveFolder } from "./folder-server.ts";
import { someBytes } from "./sample-content.ts";

const MIB = 1024 * 1024;
const SIZE = 9 * MIB;
const PART = 5 * MIB + 17;

describe("uploads that break off", () => {
  it.each(["PATCH", "PUT"])("a %s that ends early keeps every byte, and goes on from there", async (method) => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(SIZE);
    const upload = await startUpload(folder.url, "a");
    const url = method === "PUT" ? withDigest(upload, digest) : upload;
    const socket = await sendPart(url, { method, announced: SIZE, bytes: bytes.subarray(0, PART) });
    // Without waiting for the server: what was sent before the end arrives before the end.
    socket.end();
    await untilArrived(upload, PART);
    const rest = { method: "PATCH", headers: { "content-range": `${PART}-${SIZE - 1}` }, body: bytes.subarray(PART) };
    expect((await send(upload, rest)).status).toBe(202);
    expect((await send(withDigest(upload, digest), { method: "PUT" })).status).toBe(201);
    expect((await send(`${folder.url}/v2/a/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  });

  it("a PATCH that is reset keeps what had arrived, again and again", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(600_000);
    const upload = await startUpload(folder.url, "a");
    for (let offset = 0; offset < 600_000; offset += 200_000) {
      const part = bytes.subarray(offset, offset + 200_000);
      const headers = { "content-range": `${offset}-599999` };
      const socket = await sendPart(upload, { method: "PATCH", announced: 600_000 - offset + 1, bytes: part, headers });
      await untilArrived(upload, offset + 200_000);
      socket.resetAndDestroy();
    }
    expect((await send(upload)).headers["range"]).toBe("0-599999");
    expect((await send(withDigest(upload, digest), { method: "PUT" })).status).toBe(201);
  });

  it("a new writer ends one whose connection hangs, and takes over at the byte that it had reached", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(100_000);
    const upload = await startUpload(folder.url, "a");
    const hanging = await sendPart(upload, { method: "PATCH", announced: 100_000, bytes: bytes.subarray(0, 60_000) });
    await untilArrived(upload, 60_000);
    const failed = once(hanging, "error");
    const rest = { method: "PUT", headers: { "content-range": "60000-99999" }, body: bytes.subarray(60_000) };
    expect((await send(withDigest(upload, digest), rest)).status).toBe(201);
    expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
  });

  it("a DELETE ends a writer too", async () => {
    await using folder = await serveFolder();
    const upload = await startUpload(folder.url, "a");
    const hanging = await sendPart(upload, { method: "PATCH", announced: 100, bytes: Buffer.alloc(50) });
    await untilArrived(upload, 50);
    const failed = once(hanging, "error");
    expect((await send(upload, { method: "DELETE" })).status).toBe(204);
    expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
    expect((await send(upload)).status).toBe(404);
  });

  it("a POST with a digest that breaks off leaves nothing", async () => {
    const broken = Promise.withResolvers<void>();
    await using folder = await serveFolder({
      hook: (_, next) => next().finally(() => broken.resolve()),
    });
    const { digest } = someBytes(1);
    const url = withDigest(new URL(`${folder.url}/v2/a/blobs/uploads/`), digest);
    const socket = await sendPart(url, { method: "POST", announced: 100, bytes: Buffer.alloc(50) });
    socket.end();
    await broken.promise;
    expect(await readdir(join(folder.dir, ".tranship/uploads/a")).catch(() => [])).toEqual([]);
  });

  it("a session survives that the server is killed in the middle of a PATCH", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-killed-"));
    const { bytes, digest } = someBytes(SIZE);
    const [first, firstUrl] = await startProgram(temporary.path);
    const upload = await startUpload(firstUrl, "deep/er/app");
    await sendPart(upload, { method: "PATCH", announced: SIZE, bytes: bytes.subarray(0, PART) });
    await untilArrived(upload, PART);
    await kill(first);

    const [second, secondUrl] = await startProgram(temporary.path);
    const again = new URL(upload.pathname, secondUrl);
    expect((await send(again)).headers["range"]).toBe(`0-${PART - 1}`);
    const rest = { method: "PUT", headers: { "content-range": `${PART}-${SIZE - 1}` }, body: bytes.subarray(PART) };
    expect((await send(withDigest(again, digest), rest)).status).toBe(201);
    expect((await send(`${secondUrl}/v2/deep/er/app/blobs/${digest}`)).body.equals(bytes)).toBe(true);
    await kill(second);
  });

  it("after a restart the bytes of the earlier process are checked as well", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(2000);
    const upload = await startUpload(folder.url, "a");
    await send(upload, { method: "PATCH", body: Buffer.alloc(1000) });
    await folder.server.close();
    const again = await serve({ dir: folder.dir, writable: true });
    const put = await send(withDigest(new URL(upload.pathname, again.url), digest), {
      method: "PUT",
      body: bytes.subarray(1000),
    });
    expect(put.status).toBe(400);
    await again.close();
  });
});

async function startProgram(dir: string): Promise<[ChildProcess, string]> {
  const program = fileURLToPath(new URL("serve-program.ts", import.meta.url));
  const child = spawn(process.execPath, [program, dir], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  return [child, String(line).trim()];
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
