import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { WORKSPACE } from "../project/packages.ts";
import { Workbench } from "./workbench.ts";

describe("tranship convert", () => {
  it("prints a mirror file that sync takes, and says on stderr what it left out", async () => {
    await using bench = await Workbench.open();
    const entry =
      "sync:\n  - source: 127.0.0.1:1/app\n    target: 127.0.0.1:2/app\n    type: repository\n    backup: old\n";
    await writeFile(bench.path("regsync.yml"), entry);
    const run = await bench.run(["convert", "regsync.yml"]);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("from: 127.0.0.1:1/app") });
    expect(run.stderr).toMatch(/^tranship: regsync\.yml:5: backup of the sync of [^\n]* is not carried over\n$/);
  });

  it("refuses what is nobody's", async () => {
    await using bench = await Workbench.open();
    await writeFile(bench.path("x.yml"), "a: { b: 1 }\n");
    expect(await bench.run(["convert", "x.yml"])).toMatchObject({ code: 2, stdout: "" });
    expect(await bench.run(["convert", "none.yml"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("tranship schema", () => {
  it.each([
    ["mirror", []],
    ["plan", ["plan"]],
    ["report", ["report"]],
  ])("prints the published schema: %s", async (name, args) => {
    await using bench = await Workbench.open();
    const published = await readFile(join(WORKSPACE, `packages/cli-worker/schema/${name}.schema.json`), "utf8");
    expect(await bench.run(["schema", ...args])).toMatchObject({ code: 0, stdout: published, stderr: "" });
  });

  it("refuses another kind", async () => {
    await using bench = await Workbench.open();
    const run = await bench.run(["schema", "plans"]);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain("mirror, plan, report");
  });
});
