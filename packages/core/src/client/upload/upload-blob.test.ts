import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { clientSetup, clientSetupOf } from "../../../../../test/support/client-setup.ts";
import { SMALL, steps } from "../../../../../test/support/scripted-blobs.ts";
import { failed, type ScriptedRequest, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { StoreError } from "../../errors/errors.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import type { UploadSummary } from "../../journal/upload-journal.ts";
import { RegistryClient } from "../registry-client.ts";

/** Three chunks of `chunkSize`, the last one shorter. */
const BLOB = randomBytes(250_000);
const chunkSize = 100_000;

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
}

/** Whether it is the PATCH of the chunk that begins there. */
function isChunk({ method, headers }: ScriptedRequest, offset: number): boolean {
  return method === "PATCH" && headers["content-range"]?.startsWith(`${offset}-`) === true;
}

describe("uploadBlob()", () => {
  it("sends a stream of unknown size in chunks, and commits it with its digest", async () => {
    const ranges: (string | undefined)[] = [];
    await using setup = await clientSetup(({ method, headers }) => {
      if (method === "PATCH") ranges.push(headers["content-range"]);
      return undefined;
    });
    const uploaded = await setup.client.uploadBlob("app", pieces(BLOB), { chunkSize });
    expect(uploaded).toEqual({ digest: sha256(BLOB), size: BLOB.length });
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(steps(setup.server)).toEqual([
      "POST upload",
      ...["PATCH upload", "PATCH upload", "PATCH upload"],
      "PUT upload",
    ]);
    expect(ranges).toEqual(["0-99999", "100000-199999", "200000-249999"]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("sends what fits in a chunk as a whole, and not at all where it is there", async () => {
    await using setup = await clientSetup();
    expect(await setup.client.uploadBlob("app", Readable.from([SMALL]))).toEqual({
      digest: sha256(SMALL),
      size: SMALL.length,
    });
    await setup.client.uploadBlob("app", SMALL);
    expect(steps(setup.server)).toEqual(["POST mount app", "PUT upload", "POST mount app"]);
  });

  it("takes a length of exactly some chunks, and nothing at all", async () => {
    await using setup = await clientSetup();
    const even = BLOB.subarray(0, 200_000);
    expect(await setup.client.uploadBlob("app", pieces(even), { chunkSize })).toMatchObject({ digest: sha256(even) });
    expect(steps(setup.server)).toEqual(["POST upload", "PATCH upload", "PATCH upload", "PUT upload"]);
    const nothing = await setup.client.uploadBlob("app", pieces(new Uint8Array()));
    expect(nothing).toEqual({ digest: sha256(new Uint8Array()), size: 0 });
  });

  it("makes chunks as long as OCI-Chunk-Min-Length wants them", async () => {
    const lengths: (string | undefined)[] = [];
    await using setup = await clientSetup(({ method, path, headers }) => {
      if (method === "PATCH") lengths.push(headers["content-length"]);
      if (method !== "POST") return undefined;
      setup.server.uploads.set("wide", Buffer.alloc(0));
      return { status: 202, headers: { location: `${path}wide`, "oci-chunk-min-length": 150_000 } };
    });
    await setup.client.uploadBlob("app", pieces(BLOB), { chunkSize });
    expect(lengths).toEqual(["150000", "100000"]);
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
  });

  it("sends each chunk, and the commit, to the newest Location", async () => {
    const states: (string | null)[] = [];
    await using setup = await clientSetup(async (request) => {
      const { pathname, searchParams } = new URL(request.path, "http://registry");
      if (request.method === "POST") return { status: 202, headers: { location: `${pathname}1?state=0` } };
      states.push(searchParams.get("state"));
      await request.body();
      if (request.method === "PUT") return { status: 201 };
      // Relative to what answered, as ACR has it.
      return { status: 202, headers: { location: `1?state=${states.length}` } };
    });
    await setup.client.uploadBlob("app", pieces(BLOB), { chunkSize });
    expect(states).toEqual(["0", "1", "2", "3"]);
  });

  it("begins a file again after a chunk that broke, and cancels the first session", async () => {
    const folder = await mkdtemp(join(tmpdir(), "upload-"));
    try {
      await writeFile(join(folder, "layer"), BLOB);
      let broken = false;
      await using setup = await clientSetup(async (request) => {
        if (broken || !isChunk(request, chunkSize)) return undefined;
        broken = true;
        await request.breakAfter(90_000);
        return "dropped";
      });
      const uploaded = await setup.client.uploadBlob("app", join(folder, "layer"), { chunkSize });
      expect(uploaded.digest).toBe(sha256(BLOB));
      expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
      expect(steps(setup.server)).toEqual([
        ...["POST mount app", "HEAD blobs", "PATCH upload", "PATCH upload"],
        ...["HEAD blobs", "DELETE upload"],
        ...["POST upload", "PATCH upload", "PATCH upload", "PATCH upload", "PUT upload"],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("begins bytes again where the session is gone (404), and gives up in the end", async () => {
    await using setup = await clientSetup((request) =>
      isChunk(request, chunkSize) ? failed(404, "BLOB_UPLOAD_INVALID") : undefined,
    );
    await expect(setup.client.uploadBlob("app", BLOB, { chunkSize })).rejects.toMatchObject({
      code: "BLOB_UPLOAD_INVALID",
      status: 404,
      message: expect.stringMatching(/^Cannot push blob "sha256:.*" to "127\.0\.0\.1:\d+\/app": /),
    });
    expect(steps(setup.server).filter((step) => step === "PATCH upload")).toHaveLength(10);
    expect(steps(setup.server).filter((step) => step === "DELETE upload")).toHaveLength(5);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("goes on inside a chunk of a stream that broke, where the registry kept what had arrived", async () => {
    const ranges: (string | undefined)[] = [];
    await using setup = await clientSetup(async (request) => {
      if (request.method === "PATCH") ranges.push(request.headers["content-range"]);
      if (!isChunk(request, chunkSize)) return undefined;
      const [[id, received] = ["", Buffer.alloc(0)]] = setup.server.uploads;
      const arrived = await request.breakAfter(70_000);
      setup.server.uploads.set(id, Buffer.concat([received, arrived.subarray(0, 70_000)]));
      return "dropped";
    });
    const uploaded = await setup.client.uploadBlob("app", pieces(BLOB), { chunkSize });
    expect(uploaded).toEqual({ digest: sha256(BLOB), size: BLOB.length });
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(ranges).toEqual(["0-99999", "100000-199999", "170000-199999", "200000-249999"]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("fails where a chunk of a stream breaks and the session is lost, saying why it can't be sent again", async () => {
    await using setup = await clientSetup(async (request) => {
      if (request.method === "GET") return failed(404, "BLOB_UPLOAD_INVALID");
      if (!isChunk(request, chunkSize)) return undefined;
      await request.breakAfter(90_000);
      return "dropped";
    });
    const content = Readable.from(pieces(BLOB));
    await expect(setup.client.uploadBlob("app", content, { chunkSize })).rejects.toMatchObject({
      code: "NETWORK",
      message: expect.stringMatching(/^Cannot push a stream, which can be read only once, to /),
    });
    expect(content.destroyed).toBe(true);
    expect(steps(setup.server)).toEqual([
      ...["POST upload", "PATCH upload", "PATCH upload"],
      ...["GET upload", "DELETE upload"],
    ]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("sends a chunk again that is refused for now, of a stream too", async () => {
    let refusals = 0;
    await using setup = await clientSetup(async (request) => {
      if (!isChunk(request, chunkSize) || refusals === 2) return undefined;
      refusals += 1;
      await request.body();
      return failed(refusals === 1 ? 429 : 503, "TOOMANYREQUESTS");
    });
    await setup.client.uploadBlob("app", pieces(BLOB), { chunkSize });
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
  });

  it("sends bytes in one body where chunks are refused", async () => {
    await using setup = await clientSetup(async (request) => {
      if (request.method !== "PATCH") return undefined;
      await request.body();
      return failed(405, "UNSUPPORTED");
    });
    await setup.client.uploadBlob("app", BLOB, { chunkSize });
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(steps(setup.server)).toEqual([...["POST mount app", "HEAD blobs", "PATCH upload"], "PUT upload"]);
  });

  it("records its session in the journal until it is committed, or what could not be cancelled", async () => {
    const journal = new MemoryJournal();
    const open = async (): Promise<readonly UploadSummary[]> => Array.fromAsync(journal.uploads.list());
    const written: number[] = [];
    let isBroken = false;
    await using setup = await clientSetupOf(
      (options) => new RegistryClient({ ...options, journal: journal.peer() }),
      async ({ method }) => {
        if (method === "PATCH") written.push((await open()).length);
        if (isBroken && method === "PATCH") return failed(403, "DENIED");
        return isBroken && method === "DELETE" ? failed(503, "UNAVAILABLE") : undefined;
      },
    );
    await setup.client.uploadBlob("app", pieces(BLOB), { chunkSize });
    expect({ written: new Set(written), left: await open() }).toEqual({ written: new Set([1]), left: [] });
    isBroken = true;
    await expect(setup.client.uploadBlob("app", pieces(BLOB), { chunkSize })).rejects.toMatchObject({ status: 403 });
    // Small as it is recorded, the next process cancels it.
    expect(await open()).toMatchObject([{ size: 0, owned: false }]);
    expect(setup.server.uploads.size).toBe(1);
  }, 30_000);

  it.each([
    ["broke off", "dropped"],
    ["is 404, as that to a repeated one", failed(404, "BLOB_UPLOAD_UNKNOWN")],
  ] as const)("takes a commit whose answer %s for one, when the blob is there", async (_, answer) => {
    await using setup = await clientSetup(async (request) => {
      if (request.method !== "PUT") return undefined;
      setup.server.blobs.set(`app@${sha256(BLOB)}`, BLOB);
      if (answer === "dropped") await request.breakAfter(0);
      return answer;
    });
    const uploaded = await setup.client.uploadBlob("app", pieces(BLOB), { chunkSize });
    expect(uploaded.digest).toBe(sha256(BLOB));
    // Another process may have sent it: what is left of the session is cancelled.
    expect(steps(setup.server).slice(-2)).toEqual(["HEAD blobs", "DELETE upload"]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("fails where the session of a stream is gone at the commit and the blob is not there", async () => {
    await using setup = await clientSetup(({ method }) =>
      method === "PUT" ? failed(404, "BLOB_UPLOAD_UNKNOWN") : undefined,
    );
    await expect(setup.client.uploadBlob("app", pieces(BLOB), { chunkSize })).rejects.toMatchObject({
      code: "BLOB_UPLOAD_UNKNOWN",
    });
    expect(setup.server.uploads.size).toBe(0);
  });

  it("fails with what a stream throws, even if that is of a kind that is retried, and cancels the session", async () => {
    await using setup = await clientSetup();
    const broken = new StoreError("NETWORK", "the source broke off");
    const content = (async function* () {
      yield* pieces(BLOB);
      throw broken;
    })();
    await expect(setup.client.uploadBlob("app", content, { chunkSize })).rejects.toBe(broken);
    expect(setup.server.uploads.size).toBe(0);
    expect(setup.server.blobs.size).toBe(0);
  });

  it("rejects with the reason of an abort, closes the stream and cancels the session", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    await using setup = await clientSetup((request) => {
      if (isChunk(request, chunkSize)) abort.abort(reason);
      return undefined;
    });
    const content = Readable.from(pieces(BLOB));
    const uploading = setup.client.uploadBlob("app", content, { chunkSize, signal: abort.signal });
    await expect(uploading).rejects.toBe(reason);
    expect(content.destroyed).toBe(true);
    expect(setup.server.uploads.size).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses chunks of %s bytes before anything is sent", async (length) => {
    await using setup = await clientSetup();
    await expect(setup.client.uploadBlob("app", SMALL, { chunkSize: length })).rejects.toThrow(RangeError);
    expect(setup.server.log).toEqual([]);
  });

  it("fails with the system's error for a file that is not there, and opens no session", async () => {
    await using setup = await clientSetup();
    await expect(setup.client.uploadBlob("app", "/nowhere/layer")).rejects.toMatchObject({
      code: "STORAGE",
      message: 'Cannot read "/nowhere/layer": no such file or directory (ENOENT)',
    });
    expect(setup.server.log).toEqual([]);
  });
});
