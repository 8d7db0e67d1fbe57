import { readdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { serve } from "../../packages/cli-worker/src/serve/serve.ts";
import { codesOf, pushBlob, send, sendPart, startUpload, untilArrived, withDigest } from "./client.ts";
import { serveFolder } from "./folder-server.ts";
import { someBytes } from "./sample-content.ts";

const MIB = 1024 * 1024;

describe("uploads", () => {
  it("POST then PUT stores a blob, GET gives it back", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(3 * MIB);
    const upload = await startUpload(folder.url, "a/b");
    const committed = await send(withDigest(upload, digest), { method: "PUT", body: bytes });
    expect(committed.status).toBe(201);
    expect(committed.headers["docker-content-digest"]).toBe(digest);
    const blob = await send(new URL(committed.headers.location ?? "", folder.url));
    expect(blob.body.equals(bytes)).toBe(true);
  });

  it("POST with a digest takes the blob at once, also under sha512 and of no bytes", async () => {
    await using folder = await serveFolder();
    for (const bytes of [someBytes(70_000).bytes, Buffer.alloc(0)]) {
      const digest = digestOf(bytes, "sha512");
      expect((await pushBlob(folder.url, "a", digest, bytes)).status).toBe(201);
      const hex = digest.slice("sha512:".length);
      expect((await stat(join(folder.dir, "a/blobs/sha512", hex))).size).toBe(bytes.length);
    }
  });

  it("POST with a digest but no body starts a session", async () => {
    await using folder = await serveFolder();
    const reply = await pushBlob(folder.url, "a", someBytes(1).digest, Buffer.alloc(0));
    expect(reply.status).toBe(202);
    expect(reply.headers["range"]).toBe("0-0");
  });

  it("PATCHes go on where the last one ended; one at another offset is answered 416 and changes nothing", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(3000);
    const upload = await startUpload(folder.url, "a");
    const patch = (start: number, end: number) =>
      send(upload, {
        method: "PATCH",
        headers: { "content-range": `${start}-${end - 1}` },
        body: bytes.subarray(start, end),
      });
    const first = await patch(0, 1000);
    expect([first.status, first.headers["range"]]).toEqual([202, "0-999"]);
    for (const start of [0, 999, 1001, 2000]) {
      const wrong = await patch(start, 3000);
      expect([wrong.status, wrong.headers["range"], codesOf(wrong)]).toEqual([416, "0-999", ["BLOB_UPLOAD_INVALID"]]);
    }
    expect((await send(upload)).headers["range"]).toBe("0-999");
    expect((await patch(1000, 2000)).status).toBe(202);
    const wrongPut = await send(withDigest(upload, digest), {
      method: "PUT",
      headers: { "content-range": "0-999" },
      body: bytes.subarray(2000),
    });
    expect(wrongPut.status).toBe(416);
    const put = await send(withDigest(upload, digest), {
      method: "PUT",
      headers: { "content-range": "2000-2999" },
      body: bytes.subarray(2000),
    });
    expect(put.status).toBe(201);
    expect((await send(`${folder.url}/v2/a/blobs/${digest}`)).body.equals(bytes)).toBe(true);
    expect((await send(upload)).status).toBe(404);
  });

  it("PATCH without Content-Range, in chunked encoding, goes to the end", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(5000);
    const upload = await startUpload(folder.url, "a");
    for (const part of [bytes.subarray(0, 2000), bytes.subarray(2000)]) {
      const headers = { "transfer-encoding": "chunked" };
      expect((await send(upload, { method: "PATCH", headers, body: part })).status).toBe(202);
    }
    expect((await send(withDigest(upload, digest), { method: "PUT" })).status).toBe(201);
  });

  it("PATCH that is not as long as its Content-Range, or has a malformed one, is answered 400", async () => {
    await using folder = await serveFolder();
    const upload = await startUpload(folder.url, "a");
    const headers = { "content-range": "0-9" };
    const short = await send(upload, { method: "PATCH", headers, body: "12345" });
    expect([short.status, short.headers["range"], codesOf(short)]).toEqual([400, "0-4", ["SIZE_INVALID"]]);
    const malformed = await send(upload, { method: "PATCH", headers: { "content-range": "5-x" }, body: "12345" });
    expect([malformed.status, codesOf(malformed)]).toEqual([400, ["BLOB_UPLOAD_INVALID"]]);
  });

  it("PUT of other bytes than the digest's is answered 400; nothing is stored, the session is gone", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(2000);
    const upload = await startUpload(folder.url, "a");
    const reply = await send(withDigest(upload, digest), { method: "PUT", body: bytes.subarray(1) });
    expect([reply.status, codesOf(reply)]).toEqual([400, ["DIGEST_INVALID"]]);
    expect((await send(`${folder.url}/v2/a/blobs/${digest}`)).status).toBe(404);
    expect((await send(upload)).status).toBe(404);
    const malformed = await startUpload(folder.url, "a");
    expect((await send(withDigest(malformed, "sha256:12"), { method: "PUT", body: bytes })).status).toBe(400);
    expect((await send(malformed, { method: "PUT", body: bytes })).status).toBe(400);
    expect((await send(malformed)).status).toBe(204);
  });

  it("DELETE forgets a session, and so does nothing else", async () => {
    await using folder = await serveFolder();
    const [gone, kept] = [await startUpload(folder.url, "a"), await startUpload(folder.url, "a")];
    expect((await send(gone, { method: "DELETE" })).status).toBe(204);
    expect((await send(gone)).status).toBe(404);
    expect((await send(gone, { method: "DELETE" })).status).toBe(404);
    expect((await send(gone, { method: "PATCH", body: "x" })).status).toBe(404);
    expect((await send(kept)).status).toBe(204);
  });

  it("a session belongs to its repository, and its id is no path", async () => {
    await using folder = await serveFolder();
    const upload = await startUpload(folder.url, "a");
    expect((await send(new URL(upload.pathname.replace("/v2/a/", "/v2/b/"), folder.url))).status).toBe(404);
    for (const id of ["..%2F..%2Fa", "..", "%2e%2e%2foci-layout", "x"]) {
      const reply = await send(`${folder.url}/v2/a/blobs/uploads/${id}`, { method: "DELETE" });
      expect([400, 404, 405]).toContain(reply.status);
    }
  });

  it("one blob pushed twenty times at once is stored, whole", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(MIB);
    const replies = await Promise.all(Array.from({ length: 20 }, () => pushBlob(folder.url, "a", digest, bytes)));
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
    expect((await send(`${folder.url}/v2/a/blobs/${digest}`)).body.equals(bytes)).toBe(true);
    expect(await readdir(join(folder.dir, ".tranship/uploads/a")).catch(() => [])).toEqual([]);
  });

  it("sessions that nobody wrote to for a week go when a server starts", async () => {
    await using folder = await serveFolder();
    const [stale, fresh] = [await startUpload(folder.url, "a/b"), await startUpload(folder.url, "a/b")];
    const file = join(folder.dir, ".tranship/uploads/a+b", stale.pathname.split("/").at(-1) ?? "");
    const eightDaysAgo = Date.now() / 1000 - 8 * 24 * 60 * 60;
    await utimes(file, eightDaysAgo, eightDaysAgo);
    const again = await serve({ dir: folder.dir, writable: true });
    const statusOf = async (upload: URL) => (await send(new URL(upload.pathname, again.url))).status;
    expect(await statusOf(stale)).toBe(404);
    expect(await statusOf(fresh)).toBe(204);
    await again.close();
  });

  it("a status counts the bytes of a PATCH that is still under way", async () => {
    await using folder = await serveFolder();
    const upload = await startUpload(folder.url, "a");
    const socket = await sendPart(upload, { method: "PATCH", announced: 100, bytes: Buffer.alloc(40) });
    await untilArrived(upload, 40);
    socket.destroy();
  });
});
