import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLayout } from "./open-layout.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tranship-open-"));
});

afterEach(() => rm(dir, { recursive: true }));

const MARKER = '{"imageLayoutVersion":"1.0.0"}';

async function fill(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
}

describe("openLayout()", () => {
  it.each<[string, Readonly<Record<string, string>>, string]>([
    ["no marker", { "index.json": "{}" }, 'it has no "oci-layout" file; check the path'],
    ["no index", { "oci-layout": MARKER }, 'it has no "index.json"; the layout was not copied whole'],
    ["a marker that is no JSON", { "oci-layout": "x", "index.json": "{}" }, "can't be read as JSON"],
    ["no version", { "oci-layout": "[]", "index.json": "{}" }, "is none; expected 1.0.0"],
    [
      "another version",
      { "oci-layout": '{"imageLayoutVersion":"2.0.0"}', "index.json": "{}" },
      'is "2.0.0"; expected 1.0.0',
    ],
  ])("refuses a directory with %s", async (_, files, message) => {
    await fill(files);
    await expect(openLayout(dir)).rejects.toMatchObject({
      code: "LAYOUT_INVALID",
      message: expect.stringContaining(message),
    });
  });

  it("refuses what is missing, or a file, saying what to do", async () => {
    await fill({ "image.tar": "" });
    await expect(openLayout(join(dir, "none"))).rejects.toMatchObject({
      code: "LAYOUT_INVALID",
      message: expect.stringContaining("there is no such directory; check the path"),
    });
    await expect(openLayout(join(dir, "image.tar"))).rejects.toMatchObject({
      code: "LAYOUT_INVALID",
      message: expect.stringContaining("unpack an archive first"),
    });
    expect(await readdir(dir)).toEqual(["image.tar"]);
  });

  it("refuses an index.json that leads elsewhere", async () => {
    await fill({ "oci-layout": MARKER, "elsewhere.json": '{"manifests":[]}' });
    await symlink(join(dir, "elsewhere.json"), join(dir, "index.json"));
    await expect(openLayout(dir)).rejects.toMatchObject({ code: "LINK_REFUSED" });
  });

  it("makes a layout of a missing and of an empty directory", async () => {
    for (const path of [join(dir, "a", "b"), join(dir, "empty")]) {
      if (path.endsWith("empty")) await mkdir(path);
      await openLayout(path, { create: true });
      expect((await readdir(path)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
      expect(JSON.parse(await readFile(join(path, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
      expect(JSON.parse(await readFile(join(path, "index.json"), "utf8"))).toEqual({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [],
      });
    }
  });

  it("makes no layout of a directory with other files", async () => {
    await fill({ "notes.txt": "mine" });
    await expect(openLayout(dir, { create: true })).rejects.toMatchObject({
      code: "LAYOUT_INVALID",
      message: expect.stringContaining('holds other files ("notes.txt"); name an empty or a new folder'),
    });
    expect(await readdir(dir)).toEqual(["notes.txt"]);
  });

  it("keeps a layout that is there, and finishes one that was cut off", async () => {
    const index = '{"schemaVersion":2,"manifests":[],"annotations":{"kept":"yes"}}';
    await fill({ "index.json": index });
    await openLayout(dir, { create: true });
    await openLayout(dir, { create: true });
    expect(await readFile(join(dir, "index.json"), "utf8")).toBe(index);
    expect((await readdir(dir)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
  });

  it("makes one layout for many that ask at once", async () => {
    const path = join(dir, "layout");
    const stores = await Promise.all(Array.from({ length: 10 }, () => openLayout(path, { create: true })));
    expect(stores.map((store) => store.name)).toEqual(stores.map(() => `oci:${path}`));
    expect((await readdir(path)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
  });
});
