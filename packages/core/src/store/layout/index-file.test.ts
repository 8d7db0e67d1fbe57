import { mkdtemp, readdir, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../digest/digest.ts";
import { IndexFile } from "./index-file.ts";
import { EMPTY_LAYOUT_INDEX, formatLayoutIndex, withTag } from "./layout-index.ts";
import { tagNames } from "./tag-names.ts";
import { type PartialFile, Workspace } from "./workspace.ts";

const image: Descriptor = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: digestOf(Buffer.from("image")),
  size: 5,
};

class CountingWorkspace extends Workspace {
  created = 0;

  override create(): Promise<PartialFile> {
    this.created += 1;
    return super.create();
  }
}

let dir: string;
let file: IndexFile;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tranship-index-"));
  file = new IndexFile({ root: dir, name: "oci:test" }, new Workspace(dir));
  await file.create();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true });
});

describe("IndexFile", () => {
  it("update() begins again where another writer broke the lock meanwhile, and loses nothing of it", async () => {
    let calls = 0;
    await file.update(async (index) => {
      calls += 1;
      if (calls === 1) {
        await unlink(join(dir, ".tranship", "index.lock"));
        await writeFile(join(dir, "index.json"), formatLayoutIndex(withTag(EMPTY_LAYOUT_INDEX, image, "theirs")));
      }
      return withTag(index, image, "ours");
    });
    expect(calls).toBe(2);
    expect(tagNames(await file.read())).toEqual(["theirs", "ours"]);
    expect(await readdir(dir)).toEqual(["index.json"]);
  });

  it("update() writes no file that is too large to be read again", async () => {
    await file.update((index) => withTag(index, image, "v1"));
    const large = "x".repeat(65 * 1024 * 1024);
    await expect(file.update((index) => withTag(index, image, large))).rejects.toMatchObject({ code: "STORAGE" });
    expect(tagNames(await file.read())).toEqual(["v1"]);
    expect(await readdir(dir)).toEqual(["index.json"]);
  });

  it("update() that fails leaves the file, and lets the next one in", async () => {
    const error = new Error("the change failed");
    await expect(file.update(() => Promise.reject(error))).rejects.toBe(error);
    await file.update((index) => withTag(index, image, "v1"));
    expect(tagNames(await file.read())).toEqual(["v1"]);
    expect(await readdir(dir)).toEqual(["index.json"]);
  });

  it("update() of many at once replaces the file a few times, keeps each change, and fails those alone that fail", async () => {
    const workspace = new CountingWorkspace(dir);
    const counted = new IndexFile({ root: dir, name: "oci:test" }, workspace);
    const tags = Array.from({ length: 50 }, (_, at) => `v${at}`);
    const updates = tags.map((tag) =>
      counted.update((index) => {
        if (tag === "v7") throw new Error("the change failed");
        return withTag(index, image, tag);
      }),
    );
    const outcomes = await Promise.allSettled(updates);
    expect(outcomes.flatMap(({ status }, at) => (status === "rejected" ? [at] : []))).toEqual([7]);
    expect(tagNames(await counted.read())).toEqual(tags.filter((tag) => tag !== "v7"));
    expect(workspace.created).toBeLessThan(5);
  });

  it("update() that is aborted while it waits is not made by those before it", async () => {
    const [entered, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = file.update(async (index) => {
      entered.resolve();
      await go.promise;
      return withTag(index, image, "first");
    });
    await entered.promise;
    const controller = new AbortController();
    const aborted = file.update((index) => withTag(index, image, "aborted"), { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const third = file.update((index) => withTag(index, image, "third"));
    go.resolve();
    await Promise.all([first, third]);
    expect(tagNames(await file.read())).toEqual(["first", "third"]);
  });

  it("read() parses a file once, and again what another program wrote into it", async () => {
    const path = join(dir, "index.json");
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 10_000);
    await writeFile(path, formatLayoutIndex(withTag(EMPTY_LAYOUT_INDEX, image, "v1")));
    const read = await file.read();
    expect(await file.read()).toBe(read);
    await writeFile(path, formatLayoutIndex(withTag(EMPTY_LAYOUT_INDEX, image, "v1.1")));
    expect(tagNames(await file.read())).toEqual(["v1.1"]);
  });

  it("read() remembers no file that was written just now: another write could have the same time", async () => {
    await file.update((index) => withTag(index, image, "v1"));
    expect(await file.read()).not.toBe(await file.read());
  });

  it("update() reads a file that is missing or damaged as LAYOUT_INVALID, and does not replace it", async () => {
    await writeFile(join(dir, "index.json"), '{"manifests":');
    await expect(file.update((index) => withTag(index, image, "v1"))).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await unlink(join(dir, "index.json"));
    await expect(file.update((index) => withTag(index, image, "v1"))).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(await readdir(dir)).toEqual([]);
  });
});
