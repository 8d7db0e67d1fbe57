import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../content/digest.ts";
import { openLayout } from "./open-layout.ts";
import { storageFailure } from "./storage-failure.ts";

const bytes = Buffer.from("a layer");
const layer: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.length };

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
