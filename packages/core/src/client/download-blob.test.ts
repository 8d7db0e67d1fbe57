import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ClientSetup, clientSetup, clientSetupOf } from "../../../../test/support/client-setup.ts";
import { steps } from "../../../../test/support/scripted-blobs.ts";
import { sha256 } from "../../../../test/support/scripted-registry.ts";
import { DigestMismatchError } from "../errors/errors.ts";
import { RegistryClient } from "./registry-client.ts";

const BLOB = randomBytes(300_000);
const DIGEST = sha256(BLOB);

/** More than the connection's buffers hold. */
const LONG = { digest: sha256(Buffer.alloc(16 * 1024 * 1024)), bytes: Buffer.alloc(16 * 1024 * 1024) };

/** A client whose next request waits for the connection of the one before. */
async function oneConnection(): Promise<ClientSetup> {
  const setup = await clientSetupOf((options) => new RegistryClient({ ...options, connections: 1 }));
  setup.server.blobs.set(`app@${DIGEST}`, BLOB).set(`app@${LONG.digest}`, LONG.bytes);
  return setup;
}

describe("downloadBlob()", () => {
  it("gives the bytes, digest and size in one request", async () => {
    await using setup = await clientSetup();
    setup.server.blobs.set(`app@${DIGEST}`, BLOB);
    const download = await setup.client.downloadBlob("app", DIGEST);
    expect(download).toMatchObject({ digest: DIGEST, size: BLOB.length });
    expect(Buffer.concat(await Array.fromAsync(download))).toEqual(BLOB);
    expect(steps(setup.server)).toEqual(["GET blobs"]);
  });

  it("is a source for Node's streams", async () => {
    await using setup = await clientSetup();
    const hello = Buffer.from("hello");
    setup.server.blobs.set(`app@${sha256(hello)}`, hello);
    expect(await text(Readable.from(await setup.client.downloadBlob("app", sha256(hello))))).toBe("hello");
  });

  it("goes on by Range where it broke off", async () => {
    const ranges: (string | undefined)[] = [];
    await using setup = await clientSetup(({ headers }) => {
      ranges.push(headers.range);
      if (ranges.length > 1) return undefined;
      return { status: 200, headers: { "content-length": BLOB.length }, body: BLOB, breakAfter: 100_000 };
    });
    setup.server.blobs.set(`app@${DIGEST}`, BLOB);
    expect(Buffer.concat(await Array.fromAsync(await setup.client.downloadBlob("app", DIGEST)))).toEqual(BLOB);
    expect(ranges).toEqual([undefined, "bytes=100000-"]);
  });

  it.each([
    ["corrupt", Buffer.concat([BLOB.subarray(0, -1), Buffer.from([(BLOB.at(-1) ?? 0) ^ 1])])],
    ["short", BLOB.subarray(0, -1)],
    ["long", Buffer.concat([BLOB, Buffer.from("x")])],
  ])("ends in a DigestMismatchError where the bytes are %s, with the last piece held back", async (_, wrong) => {
    await using setup = await clientSetup();
    setup.server.blobs.set(`app@${DIGEST}`, wrong);
    let read = 0;
    const reading = (async () => {
      for await (const piece of await setup.client.downloadBlob("app", DIGEST)) read += piece.length;
    })();
    await expect(reading).rejects.toBeInstanceOf(DigestMismatchError);
    await expect(reading).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      expected: DIGEST,
      actual: sha256(wrong),
      message: expect.stringMatching(
        /^Cannot read "sha256:\w+" of "127\.0\.0\.1:\d+\/[^"]+": the \d+ bytes that came hash to /,
      ),
    });
    expect(read).toBeLessThan(wrong.length);
  });

  it("asks for the length where the answer does not say it", async () => {
    await using setup = await clientSetup(({ method }) =>
      method === "GET" ? { status: 200, headers: { "transfer-encoding": "chunked" }, body: BLOB } : undefined,
    );
    setup.server.blobs.set(`app@${DIGEST}`, BLOB);
    const download = await setup.client.downloadBlob("app", DIGEST);
    expect(download.size).toBe(BLOB.length);
    expect(Buffer.concat(await Array.fromAsync(download))).toEqual(BLOB);
    expect(steps(setup.server)).toEqual(["GET blobs", "HEAD blobs"]);
  });

  it("says BLOB_UNKNOWN where there is none, before a stream is given", async () => {
    await using setup = await clientSetup();
    await expect(setup.client.downloadBlob("app", DIGEST)).rejects.toMatchObject({ code: "BLOB_UNKNOWN", status: 404 });
    await expect(setup.client.downloadBlob("app", "latest")).rejects.toThrow(SyntaxError);
  });

  it("lets its connection go when it is given up, read or not", async () => {
    await using setup = await oneConnection();
    const { client } = setup;
    const unread = await client.downloadBlob("app", LONG.digest);
    await unread.return();
    expect(await unread.next()).toEqual({ done: true, value: undefined });
    {
      await using left = await client.downloadBlob("app", LONG.digest);
      expect(left.size).toBe(LONG.bytes.length);
    }
    for await (const piece of await client.downloadBlob("app", LONG.digest)) if (piece.length > 0) break;
    expect(await Array.fromAsync(await client.downloadBlob("app", DIGEST))).not.toEqual([]);
  });

  it("rejects with the reason of an abort", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    await using setup = await clientSetup();
    setup.server.blobs.set(`app@${DIGEST}`, BLOB);
    const download = await setup.client.downloadBlob("app", DIGEST, { signal: abort.signal });
    abort.abort(reason);
    await expect(Array.fromAsync(download)).rejects.toBe(reason);
  });
});

describe("downloadBlobToFile()", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "download-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("writes the file, in the place of one that was there", async () => {
    await using setup = await clientSetup();
    setup.server.blobs.set(`app@${DIGEST}`, BLOB);
    await writeFile(join(folder, "layer"), "old");
    const downloaded = await setup.client.downloadBlobToFile("app", DIGEST, join(folder, "layer"));
    expect(downloaded).toEqual({ digest: DIGEST, size: BLOB.length });
    expect(await readFile(join(folder, "layer"))).toEqual(BLOB);
    expect(await readdir(folder)).toEqual(["layer"]);
  });

  it("leaves nothing behind where the bytes are wrong, and what was there as it was", async () => {
    await using setup = await clientSetup();
    setup.server.blobs.set(`app@${DIGEST}`, BLOB.subarray(1));
    const path = join(folder, "layer");
    await expect(setup.client.downloadBlobToFile("app", DIGEST, path)).rejects.toBeInstanceOf(DigestMismatchError);
    expect(await readdir(folder)).toEqual([]);
    await writeFile(path, "old");
    await expect(setup.client.downloadBlobToFile("app", DIGEST, path)).rejects.toBeInstanceOf(DigestMismatchError);
    expect(await readdir(folder)).toEqual(["layer"]);
    expect(await readFile(path, "utf8")).toBe("old");
  });

  it("leaves nothing behind after an abort in the middle", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    await using setup = await clientSetup(() => {
      setImmediate(() => abort.abort(reason));
      return { status: 200, headers: { "content-length": BLOB.length + 1 }, body: BLOB };
    });
    const downloading = setup.client.downloadBlobToFile("app", DIGEST, join(folder, "layer"), { signal: abort.signal });
    await expect(downloading).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes a file: URL, and refuses what is no path", async () => {
    await using setup = await clientSetup();
    setup.server.blobs.set(`app@${DIGEST}`, BLOB);
    await setup.client.downloadBlobToFile("app", DIGEST, pathToFileURL(join(folder, "layer")));
    expect(await readFile(join(folder, "layer"))).toEqual(BLOB);
    for (const path of [undefined, new URL("https://r.example/layer")] as unknown as string[]) {
      await expect(setup.client.downloadBlobToFile("app", DIGEST, path)).rejects.toThrow(/^Bad path: expected /);
    }
    expect(await readdir(folder)).toEqual(["layer"]);
  });

  it("leaves nothing behind where there is no such blob", async () => {
    await using setup = await clientSetup();
    const downloading = setup.client.downloadBlobToFile("app", DIGEST, join(folder, "layer"));
    await expect(downloading).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("says STORAGE and the path where it can't write, before anything is asked", async () => {
    await using setup = await clientSetup();
    const missing = join(folder, "missing", "layer");
    await expect(setup.client.downloadBlobToFile("app", LONG.digest, missing)).rejects.toMatchObject({
      name: "StoreError",
      code: "STORAGE",
      message: `Cannot write "${missing}": no such file or directory (ENOENT)`,
    });
    await mkdir(join(folder, "directory"));
    await expect(setup.client.downloadBlobToFile("app", DIGEST, join(folder, "directory"))).rejects.toMatchObject({
      code: "STORAGE",
      message: `Cannot write "${join(folder, "directory")}": it is a directory`,
    });
    expect(setup.server.log).toEqual([]);
    expect(await readdir(folder)).toEqual(["directory"]);
  });
});
