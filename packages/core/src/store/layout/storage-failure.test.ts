import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBytes, sampleBytes, sampleImage, seed } from "../../../../../test/support/sample-image.ts";
import { smallDisk, smallDiskObstacle } from "../../../../../test/support/small-disk.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../digest/digest.ts";
import { storageFailure } from "../storage-failure.ts";
import { openLayout } from "./open-layout.ts";

const bytes = Buffer.from("a layer");
const layer: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.length };

const obstacle = await smallDiskObstacle();
if (obstacle !== undefined) console.warn(`Skipped: LayoutStore on a full disk (${obstacle})`);

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tranship-storage-"));
});

afterEach(() => rm(dir, { recursive: true }));

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield content;
}

/** A system error as Node makes them. */
function systemError(code: string): Error {
  const errno = [...getSystemErrorMap()].find(([, [name]]) => name === code)?.[0];
  return Object.assign(new Error(`${code}: …, write`), { code, errno, syscall: "write" });
}

describe("storageFailure()", () => {
  it.each([
    ["ENOSPC", "no space left on device"],
    ["EROFS", "read-only file system"],
    ["EACCES", "permission denied"],
  ])("says what %s means", (code, words) => {
    const cause = systemError(code);
    expect(storageFailure('write to "oci:/tmp/x"', cause)).toMatchObject({
      code: "STORAGE",
      message: `Cannot write to "oci:/tmp/x": ${words} (${code})`,
      cause,
    });
  });

  it("leaves every other error alone", () => {
    const error = new DOMException("aborted", "AbortError");
    expect(storageFailure("write", error)).toBe(error);
  });
});

describe("LayoutStore", () => {
  it("push() names the layout and what the system refused", async () => {
    const store = await openLayout(dir, { create: true });
    await rm(join(dir, "blobs"), { recursive: true });
    await writeFile(join(dir, "blobs"), "in the way");
    await expect(store.push(layer, async () => once(bytes))).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringMatching(/^Cannot write to "oci:[^"]+": [a-z ]+ \([A-Z]+\)$/),
    });
    expect(await readdir(dir)).not.toContain(".tranship");
  });

  it("push() leaves what the content's source threw as it is", async () => {
    const store = await openLayout(dir, { create: true });
    const error = systemError("ENOENT");
    await expect(store.push(layer, () => Promise.reject(error))).rejects.toBe(error);
    expect(await readdir(dir)).not.toContain(".tranship");
  });

  it("push() of wrong bytes leaves no working folder behind", async () => {
    const store = await openLayout(dir, { create: true });
    const wrong = store.push(layer, async () => once(Buffer.from("another")));
    await expect(wrong).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await readdir(dir)).not.toContain(".tranship");
  });

  it("openLayout() names the layout that can't be made", async () => {
    await writeFile(join(dir, "blobs"), "in the way");
    await expect(openLayout(dir, { create: true })).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringContaining(`Cannot write to "oci:${dir}": file already exists (EEXIST)`),
    });
  });
});

describe.skipIf(obstacle !== undefined)("LayoutStore on a full disk", () => {
  const MIB = 1024 * 1024;
  const big = sampleBytes(2 * MIB, "big");
  const tooBig: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(big), size: big.length };

  it("push() says that there is no room, leaves nothing half-written and keeps what is there", async () => {
    await using disk = await smallDisk(MIB);
    const layout = join(disk.dir, "layout");
    const store = await openLayout(layout, { create: true });
    const image = await seed(store, sampleImage(), "v1");
    const before = await readdir(layout, { recursive: true });
    await expect(store.push(tooBig, openBytes(big))).rejects.toMatchObject({
      code: "STORAGE",
      message: `Cannot write to "oci:${layout}": no space left on device (ENOSPC)`,
    });
    expect((await readdir(layout, { recursive: true })).toSorted()).toEqual(before.toSorted());
    expect(await store.has(tooBig)).toBe(false);
    expect(await store.resolve("v1")).toEqual(image);
    // What was freed can be used.
    await store.push(layer, async () => once(bytes));
    expect(await store.has(layer)).toBe(true);
  });

  it("tag() that finds no room for the index keeps the one before", async () => {
    await using disk = await smallDisk(MIB);
    const layout = join(disk.dir, "layout");
    const store = await openLayout(layout, { create: true });
    const image = await seed(store, sampleImage(), "v1");
    const index = await readFile(join(layout, "index.json"), "utf8");
    const filling = writeFile(join(disk.dir, "filling"), Buffer.alloc(2 * MIB));
    await expect(filling).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(store.tag(image, "v2")).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringContaining("no space left on device (ENOSPC)"),
    });
    expect(await readFile(join(layout, "index.json"), "utf8")).toBe(index);
    await rm(join(disk.dir, "filling"));
    await store.tag(image, "v2");
    expect(await store.resolve("v2")).toMatchObject({ digest: image.digest });
  });
});
