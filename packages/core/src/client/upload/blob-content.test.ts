import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobSource } from "./blob-content.ts";

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

describe("blobSource()", () => {
  it.each([
    ["bytes", () => Buffer.from("content")],
    ["a path", () => join(folder, "layer")],
    ["a file: URL", () => pathToFileURL(join(folder, "layer"))],
  ])("reads %s as often as wanted", async (_, content) => {
    const source = blobSource(content());
    expect(source.replayable).toBe(true);
    expect(await read(source.open())).toBe("content");
    expect(await read(source.open())).toBe("content");
  });

  it.each([
    ["a Readable", () => Readable.from(generated(), { objectMode: false })],
    ["a web stream", () => new Blob(["content"]).stream()],
    ["an AsyncIterable", () => generated()],
  ])("reads %s once", async (_, content) => {
    const source = blobSource(content());
    expect(source.replayable).toBe(false);
    expect(await read(source.open())).toBe("content");
  });

  it("closes a Readable while it is waiting for a piece", async () => {
    const silent = new Readable({ read() {} });
    const pieces = blobSource(silent).open();
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
    const pieces = blobSource(silent).open();
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
    const pieces = blobSource(content).open();
    await pieces.next();
    await pieces.return?.();
    expect(cleaned).toBe(true);
  });

  it("refuses a stream of text", async () => {
    const pieces = blobSource(Readable.from(["text"], { encoding: "utf8" })).open();
    await expect(pieces.next()).rejects.toThrow(TypeError);
  });

  it("refuses a URL of no file", () => {
    expect(() => blobSource(new URL("https://example.com/layer"))).toThrow(TypeError);
  });
});
