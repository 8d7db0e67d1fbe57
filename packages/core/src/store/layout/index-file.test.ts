import { mkdtemp, readdir, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../content/digest.ts";
import { IndexFile } from "./index-file.ts";
import { EMPTY_LAYOUT_INDEX, formatLayoutIndex, withTag } from "./layout-index.ts";
import { tagNames } from "./tag-names.ts";
import { Workspace } from "./workspace.ts";

const image: Descriptor = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: digestOf(Buffer.from("image")),
  size: 5,
};

let dir: string;
let file: IndexFile;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tranship-index-"));
  file = new IndexFile(dir, "oci:test", new Workspace(dir));
  await file.create();
});

afterEach(() => rm(dir, { recursive: true }));

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

  it("update() that fails leaves the file, and lets the next one in", async () => {
    const error = new Error("the change failed");
    await expect(file.update(() => Promise.reject(error))).rejects.toBe(error);
    await file.update((index) => withTag(index, image, "v1"));
    expect(tagNames(await file.read())).toEqual(["v1"]);
    expect(await readdir(dir)).toEqual(["index.json"]);
  });

  it("update() reads a file that is missing or damaged as LAYOUT_INVALID, and does not replace it", async () => {
    await writeFile(join(dir, "index.json"), '{"manifests":');
    await expect(file.update((index) => withTag(index, image, "v1"))).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await unlink(join(dir, "index.json"));
    await expect(file.update((index) => withTag(index, image, "v1"))).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(await readdir(dir)).toEqual([]);
  });
});
