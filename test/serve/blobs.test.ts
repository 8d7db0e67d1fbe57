import { once } from "node:events";
import { appendFile, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { digestOf } from "@tranship/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codesOf, pushBlob, send } from "./client.ts";
import { serveFolder } from "./folder-server.ts";
import { artifact, pushEmptyBlob, putManifest, someBytes } from "./sample-content.ts";

const hexOf = (digest: string): string => digest.slice("sha256:".length);

describe("blobs", () => {
  it("one of many DELETEs at once is answered 202, the others 404", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(10);
    await pushBlob(folder.url, "a", digest, bytes);
    const url = `${folder.url}/v2/a/blobs/${digest}`;
    const replies = await Promise.all(Array.from({ length: 20 }, () => send(url, { method: "DELETE" })));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([202, ...Array(19).fill(404)]);
  });

  it("sends no byte beyond the length that it announced, of a file that grows meanwhile", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(32 * 1024 * 1024);
    await pushBlob(folder.url, "a", digest, bytes);
    const socket = connect(folder.server.port, "127.0.0.1");
    socket.write(`GET /v2/a/blobs/${digest} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
    await once(socket, "readable");
    await appendFile(join(folder.dir, "a/blobs/sha256", hexOf(digest)), Buffer.alloc(1024 * 1024));
    const came = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>));
    const body = came.subarray(came.indexOf("\r\n\r\n") + 4);
    expect(body.length).toBe(bytes.length);
    expect(digestOf(body)).toBe(digest);
  });

  it("HEAD says size and digest; GET of an unknown one is answered 404, of a malformed one 400", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(1234);
    await pushBlob(folder.url, "a", digest, bytes);
    const head = await send(`${folder.url}/v2/a/blobs/${digest}`, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers).toMatchObject({ "content-length": "1234", "docker-content-digest": digest });
    expect(head.body.length).toBe(0);
    const unknown = await send(`${folder.url}/v2/a/blobs/${someBytes(1).digest}`);
    expect([unknown.status, codesOf(unknown)]).toEqual([404, ["BLOB_UNKNOWN"]]);
    const malformed = await send(`${folder.url}/v2/a/blobs/sha256:xyz`);
    expect([malformed.status, codesOf(malformed)]).toEqual([400, ["DIGEST_INVALID"]]);
  });

  it("GET with a Range gives just those bytes, whatever the range", async () => {
    await using folder = await serveFolder();
    const size = 3000;
    const { bytes, digest } = someBytes(size);
    await pushBlob(folder.url, "a", digest, bytes);
    const offset = fc.integer({ min: 0, max: size - 1 });
    await fc.assert(
      fc.asyncProperty(offset, fc.integer({ min: 0, max: 2 * size }), async (start, length) => {
        for (const [range, end] of [
          [`bytes=${start}-${start + length}`, Math.min(start + length, size - 1)],
          [`bytes=${start}-`, size - 1],
          [`bytes=-${size - start}`, size - 1],
        ] as const) {
          const reply = await send(`${folder.url}/v2/a/blobs/${digest}`, { headers: { range } });
          expect(reply.status).toBe(206);
          expect(reply.headers["content-range"]).toBe(`bytes ${start}-${end}/${size}`);
          expect(reply.body.equals(bytes.subarray(start, end + 1))).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("GET with a Range that can't be satisfied is answered 416, with one that is not understood the whole", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(100);
    await pushBlob(folder.url, "a", digest, bytes);
    const get = (headers: Record<string, string>) => send(`${folder.url}/v2/a/blobs/${digest}`, { headers });
    for (const range of ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=9-3"]) {
      const reply = await get({ range });
      expect([range, reply.status, reply.headers["content-range"]]).toEqual([range, 416, "bytes */100"]);
    }
    for (const range of ["bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"]) {
      expect([range, (await get({ range })).status]).toEqual([range, 200]);
    }
    expect((await get({ range: "bytes=5-", "if-range": `"${digest}"` })).status).toBe(206);
    expect((await get({ range: "bytes=5-", "if-range": '"other"' })).status).toBe(200);
  });

  it("a mount links the blob of another repository, of any, or of the same one", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(500);
    await pushBlob(folder.url, "from/here", digest, bytes);
    const mount = (repository: string, query: string) =>
      send(`${folder.url}/v2/${repository}/blobs/uploads/?mount=${digest}${query}`, { method: "POST" });
    expect((await mount("to", "&from=from/here")).status).toBe(201);
    expect((await mount("anywhere", "")).status).toBe(201);
    expect((await mount("to", "&from=to")).status).toBe(201);
    expect((await send(`${folder.url}/v2/to/blobs/${digest}`)).body.equals(bytes)).toBe(true);
    const file = (repository: string) => stat(join(folder.dir, repository, "blobs/sha256", hexOf(digest)));
    expect((await file("to")).ino).toBe((await file("from/here")).ino);
    expect((await send(`${folder.url}/v2/from/here/blobs/${digest}`, { method: "DELETE" })).status).toBe(202);
    expect((await send(`${folder.url}/v2/to/blobs/${digest}`)).status).toBe(200);
  });

  it("a mount of what is not there starts a session, and makes no repository", async () => {
    await using folder = await serveFolder();
    const { digest } = someBytes(1);
    for (const from of ["&from=nowhere", "&from=../../etc", ""]) {
      const url = `${folder.url}/v2/a/blobs/uploads/?mount=${digest}${from}`;
      const reply = await send(url, { method: "POST" });
      expect(reply.status).toBe(202);
      expect((await send(new URL(reply.headers.location ?? "", folder.url))).status).toBe(204);
    }
    expect((await send(`${folder.url}/v2/a/tags/list`)).status).toBe(404);
  });

  it("DELETE removes a blob, but no manifest", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(10);
    await pushBlob(folder.url, "a", digest, bytes);
    await pushEmptyBlob(folder.url, "a");
    const manifest = artifact();
    await putManifest(folder.url, "a", "v1", manifest.bytes);
    const remove = (which: string) => send(`${folder.url}/v2/a/blobs/${which}`, { method: "DELETE" });
    expect((await remove(digest)).status).toBe(202);
    expect((await remove(digest)).status).toBe(404);
    expect((await remove(manifest.digest)).status).toBe(405);
    expect((await send(`${folder.url}/v2/a/manifests/v1`)).status).toBe(200);
  });

  it("no path leads out of the folder, and no link does", async () => {
    const secret = "a secret";
    const digest = digestOf(Buffer.from(secret));
    await using folder = await serveFolder({}, async (dir) => {
      const outside = join(dir, "../outside");
      await mkdir(join(outside, "blobs/sha256"), { recursive: true });
      await writeFile(join(outside, "blobs/sha256", hexOf(digest)), secret);
      await writeFile(join(outside, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
      await writeFile(join(outside, "index.json"), '{"schemaVersion":2,"manifests":[]}');
      await mkdir(join(dir, ".tranship"));
      await symlink("../outside", join(dir, "linked"));
      await mkdir(join(dir, "inside/blobs/sha256"), { recursive: true });
      await symlink(join(outside, "blobs/sha256", hexOf(digest)), join(dir, "inside/blobs/sha256", hexOf(digest)));
    });
    for (const name of ["../outside", "..%2Foutside", "%2e%2e/outside", "a/../../outside", "linked", "inside", "."]) {
      // URL would take the dots away; http.request sends what it gets.
      const reply = await send(folder.url, { path: `/v2/${name}/blobs/${digest}` });
      expect([name, reply.status === 400 || reply.status === 404]).toEqual([name, true]);
      expect(reply.body.includes(secret)).toBe(false);
    }
    expect((await send(`${folder.url}/v2/linked/tags/list`)).status).toBe(404);
    const mounted = await send(`${folder.url}/v2/a/blobs/uploads/?mount=${digest}&from=inside`, { method: "POST" });
    expect(mounted.status).toBe(202);
  });
});
