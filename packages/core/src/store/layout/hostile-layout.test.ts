import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFileLock } from "./file-lock.ts";
import { openLayout } from "./open-layout.ts";
import { readRegularFile } from "./regular-file.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tranship-hostile-"));
  await openLayout(dir, { create: true });
});

afterEach(() => rm(dir, { recursive: true }));

async function pipe(...names: readonly string[]): Promise<void> {
  const path = join(dir, ...names);
  await unlink(path).catch(() => undefined);
  await promisify(execFile)("mkfifo", [path]);
}

describe.skipIf(process.platform === "win32")("a layout with a pipe in the place of a file (not on Windows)", () => {
  it("openLayout() refuses it as the marker", async () => {
    await pipe("oci-layout");
    await expect(openLayout(dir)).rejects.toMatchObject({
      code: "LAYOUT_INVALID",
      message: `Cannot read "${join(dir, "oci-layout")}": it is not a regular file`,
    });
  });

  it("LayoutStore refuses it as index.json", async () => {
    await pipe("index.json");
    const store = await openLayout(dir);
    await expect(Array.fromAsync(store.tags())).rejects.toMatchObject({
      code: "LAYOUT_INVALID",
      message: `Cannot read "${join(dir, "index.json")}": it is not a regular file`,
    });
  });

  it("withFileLock() refuses it as the lock", async () => {
    await mkdir(join(dir, ".tranship"));
    await pipe(".tranship", "index.lock");
    const locked = withFileLock(join(dir, ".tranship", "index.lock"), async () => {});
    await expect(locked).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
  });
});

describe("readRegularFile()", () => {
  it("refuses what is longer than the limit, a folder and a link", async () => {
    const path = join(dir, "file");
    await writeFile(path, "x".repeat(100));
    expect(await readRegularFile(path, 100)).toHaveLength(100);
    await expect(readRegularFile(path, 99)).rejects.toMatchObject({
      code: "LAYOUT_INVALID",
      message: `Cannot read "${path}": it has 100 bytes, at most 99 are read`,
    });
    await expect(readRegularFile(join(dir, "blobs"), 99)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await symlink(path, join(dir, "link"));
    await expect(readRegularFile(join(dir, "link"), 100)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
  });
});
