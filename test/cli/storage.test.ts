import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { runPeer } from "../peers/run-peer.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { smallDisk, smallDiskObstacle } from "../support/small-disk.ts";
import { Workbench } from "./workbench.ts";

/** A folder where the system lets nobody, not even root, make a file. */
const REFUSING = "/proc";

describe.skipIf(!existsSync(`${REFUSING}/self`))("what the system refuses (only where there is /proc)", () => {
  it("--digestfile is found out before anything is copied", async () => {
    await using bench = await Workbench.open();
    await seed(await openLayout(bench.path("layout"), { create: true }), sampleImage(), "v1");
    const run = await bench.run(["copy", "--digestfile", `${REFUSING}/digest`, "oci:layout:v1", "oci:new:v1"]);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(/^tranship: Bad --digestfile: cannot write "\/proc\/digest": [a-z -]+\n$/);
    expect(await bench.entries()).toEqual(["layout"]);
  });

  it.each([
    ["manifest", "get", "127.0.0.1:1/app:v1"],
    ["blob", "get", `127.0.0.1:1/app@sha256:${"0".repeat(64)}`],
  ])("--output of %s %s is found out before anything is asked", async (...args) => {
    await using bench = await Workbench.open();
    const run = await bench.run([...args, "--output", `${REFUSING}/output`]);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(/^tranship: Bad --output: cannot write "\/proc\/output": [a-z -]+\n$/);
  });

  it("a layout that can't be made is named, with the reason", async () => {
    await using bench = await Workbench.open();
    await seed(await openLayout(bench.path("layout"), { create: true }), sampleImage(), "v1");
    const run = await bench.run(["copy", "oci:layout:v1", `oci:${REFUSING}/new:v1`]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^tranship: Cannot [^\n]*oci:\/proc\/new[^\n]*: [a-z -]+ \([A-Z]+\)\n$/);
  });
});

const obstacle = await smallDiskObstacle();
if (obstacle !== undefined) console.warn(`Skipped: a new layout on a read-only disk (${obstacle})`);

describe.skipIf(obstacle !== undefined)("a new layout on a read-only disk", () => {
  it("is refused before anything starts", async () => {
    await using bench = await Workbench.open();
    await seed(await openLayout(bench.path("layout"), { create: true }), sampleImage(), "v1");
    await using disk = await smallDisk(64 * 1024);
    await runPeer("mount", ["-o", "remount,ro", disk.dir]);
    const run = await bench.run(["copy", "oci:layout:v1", `oci:${disk.dir}/images/new:v1`]);
    expect(run).toEqual({
      code: 2,
      stdout: "",
      stderr: `tranship: Cannot make the layout "oci:${disk.dir}/images/new": read-only file system\n`,
    });
  });
});

describe.skipIf(process.getuid?.() === 0)("serve --writable (not as root, who may write everywhere)", () => {
  it("refuses a folder that takes no files, at the start", async () => {
    await using bench = await Workbench.open();
    await mkdir(bench.path("registry"), { mode: 0o500 });
    const run = await bench.run(["serve", "--writable", "--port", "0", "registry"]);
    expect(run).toEqual({
      code: 2,
      stdout: "",
      stderr: 'tranship: Cannot serve "registry" writable: permission denied\n',
    });
  });
});

describe("--digestfile", () => {
  it("leaves nothing beside the file", async () => {
    await using bench = await Workbench.open();
    await seed(await openLayout(bench.path("layout"), { create: true }), sampleImage(), "v1");
    await writeFile(bench.path("digest"), "before");
    const run = await bench.run(["copy", "--digestfile", "digest", "oci:layout:v1", "oci:new:v1"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect((await readdir(bench.folder)).toSorted()).toEqual(["digest", "layout", "new"]);
  });
});

describe("a proxy that can't be used", () => {
  it.each(["http_proxy", "https_proxy"])("in %s is refused before anything starts", async (name) => {
    await using bench = await Workbench.open();
    const run = await bench.run(["ls", "registry.invalid/app"], { env: { [name]: "socks5://me:pw@127.0.0.1:1080" } });
    expect(run).toEqual({
      code: 2,
      stdout: "",
      stderr: `tranship: Bad proxy in ${name.toUpperCase()}: expected http://HOST:PORT or https://HOST:PORT\n`,
    });
  });
});
