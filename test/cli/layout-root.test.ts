import { cp, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

/** How a tool makes a layout at `layout` of the files at `store`. */
type MakeLinks = (layout: string, store: string) => Promise<void>;

async function linkEach(from: string, to: string, target: (path: string) => string): Promise<void> {
  for (const name of await readdir(to)) await symlink(target(join(to, name)), join(from, name));
}

const blobs = join("blobs", "sha256");

const LINKS: Readonly<Record<string, MakeLinks>> = {
  "each blob, by absolute links (Bazel)": async (layout, store) => {
    await mkdir(join(layout, blobs), { recursive: true });
    for (const name of ["oci-layout", "index.json"]) await cp(join(store, name), join(layout, name));
    await linkEach(join(layout, blobs), join(store, blobs), (path) => path);
  },
  "each blob, by relative links": async (layout, store) => {
    await mkdir(join(layout, blobs), { recursive: true });
    for (const name of ["oci-layout", "index.json"]) await cp(join(store, name), join(layout, name));
    await linkEach(join(layout, blobs), join(store, blobs), (path) => relative(join(layout, blobs), path));
  },
  "every file (Bazel's runfiles)": async (layout, store) => {
    await mkdir(join(layout, blobs), { recursive: true });
    for (const name of ["oci-layout", "index.json"]) await symlink(join(store, name), join(layout, name));
    await linkEach(join(layout, blobs), join(store, blobs), (path) => path);
  },
  "the folder of blobs (Nix)": async (layout, store) => {
    await mkdir(layout);
    for (const name of ["oci-layout", "index.json"]) await cp(join(store, name), join(layout, name));
    await symlink(join(store, "blobs"), join(layout, "blobs"));
  },
  "through another link": async (layout, store) => {
    await mkdir(layout);
    for (const name of ["oci-layout", "index.json"]) await cp(join(store, name), join(layout, name));
    await symlink(store, `${store}-link`);
    await symlink(join(`${store}-link`, "blobs"), join(layout, "blobs"));
  },
};

async function linkedLayout(bench: Workbench, makeLinks: MakeLinks): Promise<string> {
  const store = bench.path("store");
  const image = sampleImage();
  await seed(await openLayout(store, { create: true }), image, "v1");
  await makeLinks(bench.path("layout"), store);
  return image.root.descriptor.digest;
}

describe("--layout-root", () => {
  it.each(Object.entries(LINKS))(
    "copy reads a layout that links %s, and refuses it without the option",
    async (_, makeLinks) => {
      await using bench = await Workbench.open();
      const digest = await linkedLayout(bench, makeLinks);
      const refused = await bench.run(["copy", "oci:layout:v1", "oci:new:v1"]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/is a link|the link leads out of the layout/);
      expect(refused.stderr).toContain("--layout-root DIR");
      expect(await bench.entries()).not.toContain("new");
      const copied = await bench.run(["copy", "--layout-root", "store", "oci:layout:v1", "oci:new:v1"]);
      expect(copied).toMatchObject({ code: 0, stderr: "" });
      expect((await (await openLayout(bench.path("new"))).resolve("v1")).digest).toBe(digest);
      const verified = await bench.run(["verify", "--deep", "--layout-root", "store", "oci:layout:v1", "oci:new:v1"]);
      expect(verified.code).toBe(0);
    },
  );

  it("follows no link that leads into another folder", async () => {
    await using bench = await Workbench.open();
    await linkedLayout(bench, LINKS["each blob, by absolute links (Bazel)"] as MakeLinks);
    await mkdir(bench.path("other"));
    // A name that only begins like that of the folder.
    await mkdir(bench.path("sto"));
    const run = await bench.run(["inspect", "--layout-root", "other", "--layout-root", "sto", "oci:layout:v1"]);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain("the link leads out of the layout");
  });

  it("is refused where there is no such folder", async () => {
    await using bench = await Workbench.open();
    await linkedLayout(bench, LINKS["the folder of blobs (Nix)"] as MakeLinks);
    for (const root of ["none", "layout/index.json"]) {
      const run = await bench.run(["inspect", "--layout-root", root, "oci:layout:v1"]);
      expect(run).toMatchObject({ code: 2, stdout: "" });
      expect(run.stderr).toContain(`Cannot use "${root}" as a folder for the links of layouts`);
    }
  });

  it.each(Object.entries(LINKS))("changes nothing behind the links of a layout that links %s", async (_, makeLinks) => {
    await using bench = await Workbench.open();
    await linkedLayout(bench, makeLinks);
    const before = await contents(bench.path("store"));
    await seed(await openLayout(bench.path("more"), { create: true }), sampleImage({ seed: "other" }), "v2");
    for (const args of [
      ["copy", "oci:more:v2", "oci:layout:v2"],
      ["tag", "oci:layout:v1", "v3"],
      ["delete", "oci:layout:v1"],
      ["prune", "--keep", "1", "oci:layout"],
    ]) {
      const run = await bench.run([...args, "--layout-root", "store"]);
      expect(run.code === 0 ? "" : run.stderr).not.toContain("unknown option");
      expect(await contents(bench.path("store"))).toEqual(before);
    }
  });
});

async function contents(folder: string): Promise<Readonly<Record<string, string>>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const read = files
    .filter((file) => file.isFile())
    .map(async (file) => [
      join(file.parentPath, file.name),
      await readFile(join(file.parentPath, file.name), "base64"),
    ]);
  return Object.fromEntries(await Promise.all(read));
}
