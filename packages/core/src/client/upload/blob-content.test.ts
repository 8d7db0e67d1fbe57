import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BlobContent, blobSource } from "./blob-content.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blob-content-"));
  await writeFile(join(folder, "layer"), "content");
});
afterAll(() => rm(folder, { recursive: true }));

async function read(pieces: AsyncIterator<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) read.push(next.value);
  return Buffer.concat(read).toString();
}

async function* generated(): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from("con");
  yield Buffer.from("tent");
}

function streamOf(content: BlobContent): AsyncIterator<Uint8Array> {
  const source = blobSource(content);
  if (source.kind !== "stream") throw new Error(`expected a stream, got ${source.kind}`);
  return source.open();
}

describe("blobSource()", () => {
  it("takes bytes as they are", () => {
    expect(blobSource(Buffer.from("content"))).toEqual({ kind: "bytes", bytes: Buffer.from("content") });
  });

  it.each([
    ["a path", () => join(folder, "layer")],
    ["a file: URL", () => pathToFileURL(join(folder, "layer"))],
    ["a Blob", () => new Blob(["con", "tent"])],
  ])("opens %s at any offset, as often as wanted", async (_, content) => {
    const source = blobSource(content());
    if (source.kind !== "opened") throw new Error(`expected what can be opened, got ${source.kind}`);
    for (const offset of [0, 3, 7]) {
      expect(Buffer.concat(await Array.fromAsync(await source.open(offset))).toString()).toBe("content".slice(offset));
    }
  });

  it.each([
    ["a Readable", () => Readable.from(generated(), { objectMode: false })],
    ["a web stream", () => new Blob(["content"]).stream()],
    ["an AsyncIterable", () => generated()],
  ])("reads %s once", async (_, content) => {
    expect(await read(streamOf(content()))).toBe("content");
  });

  it("closes a Readable while it is waiting for a piece", async () => {
    const silent = new Readable({ read() {} });
    const pieces = streamOf(silent);
    const waiting = pieces.next().catch(() => undefined);
    await pieces.return?.();
    await waiting;
    expect(silent.destroyed).toBe(true);
  });

  it("cancels a web stream", async () => {
    let reason: unknown;
    const silent = new ReadableStream<Uint8Array>({
      pull: () => new Promise(() => {}),
      cancel: (given) => {
        reason = given ?? "cancelled";
      },
    });
    const pieces = streamOf(silent);
    void pieces.next().catch(() => undefined);
    await pieces.return?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(reason).toBeDefined();
  });

  it("ends a generator, and waits for its cleanup", async () => {
    let cleaned = false;
    const content = (async function* () {
      try {
        yield Buffer.from("a");
        yield Buffer.from("b");
      } finally {
        await new Promise((resolve) => setImmediate(resolve));
        cleaned = true;
      }
    })();
    const pieces = streamOf(content);
    await pieces.next();
    await pieces.return?.();
    expect(cleaned).toBe(true);
  });

  it("refuses a stream of text", async () => {
    const pieces = streamOf(Readable.from(["text"], { encoding: "utf8" }));
    await expect(pieces.next()).rejects.toThrow(TypeError);
  });

  it.each(["https://example.com/layer", "file://elsewhere/layer"])("refuses the URL %s", (url) => {
    expect(() => blobSource(new URL(url))).toThrow(/^Bad path: expected the file: URL of a file/);
  });

  it("refuses what is none of these", () => {
    for (const content of [undefined, 7, new ArrayBuffer(7), ["content"]]) {
      expect(() => blobSource(content as unknown as BlobContent)).toThrow(
        /^Bad content of a blob: expected a Uint8Array/,
      );
    }
  });
});
