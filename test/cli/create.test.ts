import { chmod, readFile, writeFile } from "node:fs/promises";
import type { SyncPlan, SyncResult } from "@tranship/copy";
import type { Hook, RunningServer } from "tranship";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

/** What a registry says that makes no repository by itself. */
const UNKNOWN = {
  status: 404,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ errors: [{ code: "NAME_UNKNOWN", message: "there is no such project" }] }),
};

interface Setup {
  readonly to: RunningServer;
  /** The projects that were made, one line each time. */
  made(): Promise<readonly string[]>;
}

/** A source with two repositories of two images, and a target where projects have to be made first: by a program that writes them down. */
async function setup(
  bench: Workbench,
  { create, tags }: { create?: string; tags?: object | string[] } = {},
): Promise<Setup> {
  const from = await bench.serve();
  for (const name of ["team/app", "team/web"]) {
    for (const tag of ["v1", "v2"])
      await seed(bench.repository(from, name), sampleImage({ seed: `${name} ${tag}` }), tag);
  }
  const list = bench.path("projects");
  await writeFile(list, "");
  const made = async (): Promise<readonly string[]> => (await readFile(list, "utf8")).split("\n").filter(Boolean);
  const hook: Hook = async ({ path }, next) => {
    const name = /^\/v2\/(.+?)\/(?:tags|manifests|blobs)\//.exec(path)?.[1];
    return name === undefined || (await made()).includes(name) ? next() : UNKNOWN;
  };
  const to = await bench.serve(hook);
  await writeFile(bench.path("create"), `#!/bin/sh\n${create ?? `echo "$1" >> ${list}`}\n`);
  await chmod(bench.path("create"), 0o755);
  const file = {
    version: 1,
    hosts: { [to.address]: { create: ["./create", "{repository}"] } },
    mirrors: ["app", "web"].map((name) => ({
      from: `${from.address}/team/${name}`,
      to: `${to.address}/mirror/${name}`,
      ...(tags !== undefined && { tags }),
    })),
  };
  await writeFile(bench.path("mirror.yaml"), JSON.stringify(file));
  return { to, made };
}

const lastLine = (output: string): SyncResult => JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");

describe("create in a mirror file", () => {
  it("makes each repository once, before its first push, and none that is there", async () => {
    await using bench = await Workbench.open();
    const { made } = await setup(bench);
    const plan = await bench.run(["plan", "-f", "mirror.yaml", "-o", "plan.json"]);
    expect(plan).toMatchObject({ code: 0, stderr: "" });
    const { create }: SyncPlan = JSON.parse(await readFile(bench.path("plan.json"), "utf8"));
    expect(create).toEqual([expect.stringMatching(/\/mirror\/app$/), expect.stringMatching(/\/mirror\/web$/)]);
    expect(await made()).toEqual([]);

    const run = await bench.run(["sync", "-f", "mirror.yaml", "--json"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(lastLine(run.stdout).outcomes.copied).toBe(4);
    expect((await made()).toSorted()).toEqual(["mirror/app", "mirror/web"]);
    expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 0 });
    expect(await made()).toHaveLength(2);
  });

  it("makes them where tags are given by name, and for apply", async () => {
    await using bench = await Workbench.open();
    const { made } = await setup(bench, { tags: ["v1", "v2"] });
    expect(await bench.run(["plan", "-f", "mirror.yaml", "-o", "plan.json"])).toMatchObject({ code: 0, stderr: "" });
    expect(await bench.run(["apply", "plan.json", "-f", "mirror.yaml"])).toMatchObject({ code: 0, stderr: "" });
    expect((await made()).toSorted()).toEqual(["mirror/app", "mirror/web"]);
    // Nothing is pushed, and so nothing is made.
    expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 0, stderr: "" });
    expect(await made()).toHaveLength(2);
  });

  it("fails the images of a repository that could not be made with what the command said, and does the rest", async () => {
    await using bench = await Workbench.open();
    const list = bench.path("projects");
    const create = `case "$1" in */app) echo "no quota is left" >&2; exit 4;; *) echo "$1" >> ${list};; esac`;
    const { to } = await setup(bench, { create });
    const run = await bench.run(["sync", "-f", "mirror.yaml"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("2 copied, 2 failed");
    const lines = run.stderr
      .trimEnd()
      .split("\n")
      .filter((line) => line.includes("Cannot create"));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain(
        `Cannot create repository "${to.address}/mirror/app": "${bench.path("create")}" exited with 4: no quota is left`,
      );
    }
  });
});
