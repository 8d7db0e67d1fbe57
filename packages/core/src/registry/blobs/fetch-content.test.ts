import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { failed, type ScriptedRegistry, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { OCI_LAYER } from "../../content/media-types.ts";

const BYTES = randomBytes(300_000);
const BLOB: Descriptor = { mediaType: OCI_LAYER, digest: sha256(BYTES), size: BYTES.length };

async function read(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

function hold(server: ScriptedRegistry): void {
  server.blobs.set(`app@${BLOB.digest}`, BYTES);
}

describe("fetch()", () => {
  it("reads a blob in one request that asks for no encoding", async () => {
    const encodings: unknown[] = [];
    await using setup = await scriptedSetup(({ headers }) => {
      encodings.push(headers["accept-encoding"]);
      return undefined;
    });
    hold(setup.server);
    expect(await read(await setup.registry.repository("app").fetch(BLOB))).toEqual(BYTES);
    expect(encodings).toEqual(["identity"]);
  });

  it("reads from an offset by Range", async () => {
    await using setup = await scriptedSetup();
    hold(setup.server);
    expect(await read(await setup.registry.repository("app").fetch(BLOB, { offset: 299_990 }))).toEqual(
      BYTES.subarray(-10),
    );
    expect(setup.server.log).toHaveLength(1);
  });

  it("sends nothing when the offset is the size, and refuses one beyond", async () => {
    await using setup = await scriptedSetup();
    expect(await read(await setup.registry.repository("app").fetch(BLOB, { offset: BLOB.size }))).toHaveLength(0);
    await expect(setup.registry.repository("app").fetch(BLOB, { offset: BLOB.size + 1 })).rejects.toThrow(RangeError);
    expect(setup.server.log).toEqual([]);
  });

  it("drops what comes before the offset from a 200 to a Range", async () => {
    await using setup = await scriptedSetup(() => ({ status: 200, body: BYTES }));
    expect(await read(await setup.registry.repository("app").fetch(BLOB, { offset: 123_456 }))).toEqual(
      BYTES.subarray(123_456),
    );
    expect(setup.server.log).toHaveLength(1);
  });

  it.each([
    ["another start", `bytes 0-99/${BLOB.size}`],
    ["another total", "bytes 100-299999/300001"],
    ["no total", "bytes 100-299999/*"],
    ["nonsense", "bytes"],
  ])("does not take a 206 with %s", async (_what, range) => {
    await using setup = await scriptedSetup(({ headers }) =>
      headers.range === undefined
        ? { status: 200, body: BYTES }
        : { status: 206, headers: { "content-range": range }, body: "these bytes are wrong" },
    );
    expect(await read(await setup.registry.repository("app").fetch(BLOB, { offset: 100 }))).toEqual(
      BYTES.subarray(100),
    );
    expect(setup.server.log).toHaveLength(2);
  });

  it("goes on at the offset reached when the connection breaks, at the registry's URL and not at the CDN's", async () => {
    const ranges: unknown[] = [];
    await using setup = await scriptedSetup(({ path, headers }) => {
      if (!path.startsWith("/cdn")) return { status: 307, headers: { location: `/cdn?signature=${ranges.length}` } };
      ranges.push(headers.range);
      const start = Number(/\d+/.exec(headers.range ?? "")?.[0] ?? 0);
      const part = BYTES.subarray(start);
      const range = { "content-range": `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` };
      return { status: start > 0 ? 206 : 200, headers: start > 0 ? range : {}, body: part, breakAfter: 100_000 };
    });
    expect(await read(await setup.registry.repository("app").fetch(BLOB))).toEqual(BYTES);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.length).toBeGreaterThanOrEqual(3);
    const asked = setup.server.log.map((line) => line.replace(/=\d$/, "=N").replace(BLOB.digest, "DIGEST"));
    expect(new Set(asked)).toEqual(new Set(["GET /v2/app/blobs/DIGEST", "GET /cdn?signature=N"]));
    expect(asked).toHaveLength(2 * ranges.length);
  });

  it("counts tries from the last byte that came: many breaks are no failure", async () => {
    await using setup = await scriptedSetup(
      ({ headers }) => {
        const start = Number(/\d+/.exec(headers.range ?? "")?.[0] ?? 0);
        const range = { "content-range": `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` };
        const body = BYTES.subarray(start);
        return { status: start > 0 ? 206 : 200, headers: start > 0 ? range : {}, body, breakAfter: 30_000 };
      },
      { retry: { attempts: 2, baseDelayMs: 1 } },
    );
    expect(await read(await setup.registry.repository("app").fetch(BLOB))).toEqual(BYTES);
    expect(setup.server.log.length).toBeGreaterThan(9);
  });

  it.each([1, 100])("gives up when each try brings %i bytes: that would go on for ever", async (breakAfter) => {
    await using setup = await scriptedSetup(
      ({ headers }) => {
        const start = Number(/\d+/.exec(headers.range ?? "")?.[0] ?? 0);
        const range = { "content-range": `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` };
        return {
          status: start > 0 ? 206 : 200,
          headers: start > 0 ? range : {},
          body: BYTES.subarray(start),
          breakAfter,
        };
      },
      { retry: { attempts: 4, baseDelayMs: 1 } },
    );
    const content = await setup.registry.repository("app").fetch(BLOB);
    await expect(read(content)).rejects.toMatchObject({ code: "NETWORK" });
    expect(setup.server.log).toHaveLength(4);
  });

  it("gives up when tries bring nothing", async () => {
    await using setup = await scriptedSetup(() => ({ status: 200, body: BYTES, breakAfter: 0 }), {
      retry: { attempts: 3, baseDelayMs: 1 },
    });
    const content = await setup.registry.repository("app").fetch(BLOB);
    await expect(read(content)).rejects.toMatchObject({ code: "NETWORK" });
    expect(setup.server.log).toHaveLength(3);
  });

  it.each([
    ["shorter", 299_999],
    ["longer", 300_001],
  ])("refuses a blob that is %s than its descriptor says", async (_what, length) => {
    await using setup = await scriptedSetup(() => ({ status: 200, body: Buffer.alloc(length) }));
    await expect(setup.registry.repository("app").fetch(BLOB)).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
  });

  it.each([
    ["shorter", 299_999],
    ["longer", 300_001],
  ])("refuses a blob of unknown length that turns out %s", async (_what, length) => {
    await using setup = await scriptedSetup(({ headers }) =>
      headers.range === undefined
        ? { status: 200, headers: { "transfer-encoding": "chunked" }, body: Buffer.alloc(length) }
        : { status: 416, headers: { "content-range": `bytes */${length}` } },
    );
    const content = await setup.registry.repository("app").fetch(BLOB);
    await expect(read(content)).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
  });

  it("says BLOB_UNKNOWN for a blob that is not there", async () => {
    await using setup = await scriptedSetup(() => failed(404, "NAME_UNKNOWN"));
    await expect(setup.registry.repository("app").fetch(BLOB)).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
      status: 404,
    });
  });

  it("rejects with the reason when it is aborted between two pieces", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    await using setup = await scriptedSetup();
    hold(setup.server);
    const content = await setup.registry.repository("app").fetch(BLOB, { signal: abort.signal });
    const reading = (async () => {
      for await (const _ of content) abort.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
  });

  it("lets the connection go when nothing of it was read", async () => {
    await using setup = await scriptedSetup(undefined, { connections: 1 });
    hold(setup.server);
    const app = setup.registry.repository("app");
    const content = await app.fetch(BLOB);
    await content[Symbol.asyncIterator]().return?.();
    expect(await read(await app.fetch(BLOB))).toEqual(BYTES);
  });
});

describe("has()", () => {
  it.each<[string, Readonly<Record<string, string>>, "true" | "unstated" | "a suspicion"]>([
    ["the length of the descriptor", { "content-length": "300000" }, "true"],
    ["no length", { "transfer-encoding": "chunked" }, "unstated"],
    ["the length of an encoded body", { "content-length": "10", "content-encoding": "gzip" }, "unstated"],
    ["a length of 0", { "content-length": "0" }, "a suspicion"],
    ["a shorter length", { "content-length": "10" }, "a suspicion"],
    ["a longer length", { "content-length": "300001" }, "a suspicion"],
    ["another length, not encoded", { "content-length": "10", "content-encoding": "identity" }, "a suspicion"],
  ])("compares what a HEAD states with the descriptor: %s", async (_, headers, expected) => {
    await using setup = await scriptedSetup(({ method }) => ({
      status: 200,
      headers,
      body: method === "GET" ? Buffer.alloc(Number(headers["content-length"] ?? 0)) : "",
    }));
    const looking = setup.registry.repository("app").has(BLOB);
    if (expected !== "a suspicion") expect(await looking).toBe(true);
    else {
      const stated = `the registry states ${headers["content-length"]} bytes for it, not 300000`;
      await expect(looking).rejects.toMatchObject({
        code: "SIZE_MISMATCH",
        message: expect.stringContaining(stated),
      });
    }
    const path = `/v2/app/blobs/${BLOB.digest}`;
    expect(setup.server.log).toEqual(expected === "unstated" ? [`HEAD ${path}`, `GET ${path}`] : [`HEAD ${path}`]);
  });

  it.each([
    ["200 and no byte", 200, { "content-length": "0" }],
    ["200 and fewer bytes", 200, { "content-length": "9" }],
    ["206 of a whole of 0 bytes", 206, { "content-length": "0", "content-range": "bytes */0" }],
    [
      "206 without a byte, and a range that cannot be read",
      206,
      { "content-length": "0", "content-range": "bytes 0--1/0" },
    ],
    ["206 of another whole", 206, { "content-length": "1", "content-range": "bytes 0-0/7" }],
    ["416 of a whole of 0 bytes", 416, { "content-length": "0", "content-range": "bytes */0" }],
  ])(
    "suspects a blob whose HEAD states no length and whose first byte is answered with %s",
    async (_, status, headers) => {
      await using setup = await scriptedSetup(({ method }) => {
        if (method === "HEAD") return { status: 200, headers: { "transfer-encoding": "chunked" } };
        return { status, headers, body: "x".repeat(Number(headers["content-length"])) };
      });
      await expect(setup.registry.repository("app").has(BLOB)).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
    },
  );
});
