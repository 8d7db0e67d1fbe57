import { readFile, writeFile } from "node:fs/promises";
import { type SyncPlan, type SyncResult, totalRequests } from "@tranship/copy";
import type { Hook, RunningServer } from "tranship";
import { describe, expect, it } from "vitest";
import { sampleArtifact, sampleImage, sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

interface Setup {
  readonly bench: Workbench;
  readonly from: RunningServer;
  readonly to: RunningServer;
}

/** A source with `app:v1`, `app:v2`, `app:nightly`, an empty target, and a mirror file of `app`. */
async function setup(bench: Workbench, mirror: object = {}): Promise<Setup> {
  const [from, to] = [await bench.serve(), await bench.serve()];
  const app = bench.repository(from, "app");
  for (const tag of ["v1", "v2"]) await seed(app, sampleIndex({ seed: tag }), tag);
  await seed(app, sampleImage({ seed: "nightly" }), "nightly");
  const entry = { from: `${from.address}/app`, to: `${to.address}/mirror/app`, tags: { glob: "v*" }, ...mirror };
  await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors: [entry] }));
  return { bench, from, to };
}

const lastLine = (output: string): SyncResult => JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");

describe("tranship sync", () => {
  it("keeps a repository in step, and costs one HEAD a side and tag where nothing changed", async () => {
    await using bench = await Workbench.open();
    const { from, to } = await setup(bench);
    const first = await bench.run(["sync", "-f", "mirror.yaml"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain("Synced 2 tags of 1 repository");
    expect(first.stdout).toContain("tags      2 copied");
    const target = bench.repository(to, "mirror/app");
    expect((await Array.fromAsync(target.tags())).toSorted()).toEqual(["v1", "v2"]);

    const again = await bench.run(["sync", "-f", "mirror.yaml", "--json"]);
    expect(again.code).toBe(0);
    expect(lastLine(again.stdout)).toMatchObject({
      ok: true,
      outcomes: { unchanged: 2, copied: 0 },
      requests: {
        [from.address]: { "GET tags": 1, "HEAD manifest": 2 },
        [to.address]: { "GET tags": 1, "HEAD manifest": 2 },
      },
    });
  });

  it("counts what it reads of images to tell which are the newest, and names no repository that nobody pushes to", async () => {
    await using bench = await Workbench.open();
    const { from, to } = await setup(bench, { tags: { glob: "v*", newerThan: "2999-01-01", by: "created" } });
    const run = await bench.run(["plan", "-f", "mirror.yaml", "--json"]);
    const plan: SyncPlan = JSON.parse(run.stdout);
    expect(plan).toMatchObject({ images: [], create: [] });
    expect(plan.notices.join()).toContain("by: created read 2 images");
    // Each index, its first image, and that one's config.
    expect(plan.requests).toEqual({
      [from.address]: { "GET tags": 1, "GET manifest": 4, "GET blob": 2 },
      [to.address]: { "GET tags": 1 },
    });

    const again: SyncPlan = JSON.parse((await bench.run(["plan", "-f", "mirror.yaml", "--json"])).stdout);
    expect(again.notices.join()).not.toContain("read");
    expect(again.requests[from.address]).toEqual({ "GET tags": 1, "HEAD manifest": 2 });
  });

  it("says that a choice of platforms makes digests of its own, in the plan, the summary and the report", async () => {
    await using bench = await Workbench.open();
    await setup(bench, { platforms: ["linux/amd64"] });
    const said = "2 tags with the chosen platforms only, under digests of their own";
    expect((await bench.run(["plan", "-f", "mirror.yaml"])).stdout).toContain(`  platforms ${said}\n`);
    const run = await bench.run(["sync", "-f", "mirror.yaml", "--report", "r.md"]);
    expect(run).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(`  platforms ${said}\n`) });
    expect(await readFile(bench.path("r.md"), "utf8")).toContain(said);
    expect((await bench.run(["sync", "-f", "mirror.yaml"])).stdout).not.toContain("platforms");
  });

  it("asks for nothing but the lists where tags are immutable", async () => {
    await using bench = await Workbench.open();
    const { from, to } = await setup(bench, { tags: { glob: "v*", immutable: "v*" } });
    await bench.run(["sync", "-f", "mirror.yaml"]);
    const again = await bench.run(["sync", "-f", "mirror.yaml", "--json"]);
    expect(lastLine(again.stdout).requests).toEqual({
      [from.address]: { "GET tags": 1 },
      [to.address]: { "GET tags": 1 },
    });
  });

  it("leaves the source alone where its tags were seen lately, and refuses to do that from no memory", async () => {
    await using bench = await Workbench.open();
    const { from, to } = await setup(bench);
    const trusting = ["sync", "-f", "mirror.yaml", "--json", "--trust-journal", "1h"];
    await bench.run(trusting);
    expect(lastLine((await bench.run(trusting)).stdout)).toMatchObject({
      outcomes: { unchanged: 2 },
      requests: { [from.address]: { "GET tags": 1 }, [to.address]: { "GET tags": 1, "HEAD manifest": 2 } },
    });
    const planned = await bench.run(["plan", "-f", "mirror.yaml", "--json", "--trust-journal", "1h"]);
    expect(JSON.parse(planned.stdout).requests[from.address]).toEqual({ "GET tags": 1 });

    const forgetful = await bench.run([...trusting, "--no-state"]);
    expect(forgetful).toMatchObject({ code: 2 });
    expect(forgetful.stderr).toContain("--no-state and --trust-journal exclude each other");
    const ageless = await bench.run(["sync", "-f", "mirror.yaml", "--trust-journal", "long"]);
    expect(ageless).toMatchObject({ code: 2 });
    expect(ageless.stderr).toContain("expected an age, such as 90m, 24h or 7d");
  });

  it("does the rest where an image fails, says what failed, and exits with 1", async () => {
    await using bench = await Workbench.open();
    const { to } = await setup(bench, { tags: { names: ["v1", "v7"] } });
    const run = await bench.run(["sync", "-f", "mirror.yaml"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("1 copied, 1 failed");
    expect(run.stderr).toMatch(/^tranship: \S+\/app:v7: Cannot read manifest "v7"[^\n]*\n$/);
    expect(await Array.fromAsync(bench.repository(to, "mirror/app").tags())).toEqual(["v1"]);
  });

  it("copies every repository that the catalogue lists, to several targets, and referrers with them", async () => {
    await using bench = await Workbench.open();
    const { from, to } = await setup(bench);
    const third = await bench.serve();
    const other = bench.repository(from, "team/other");
    const root = await seed(other, sampleImage({ seed: "other" }), "v1");
    await seed(other, sampleArtifact({ subject: root }));
    const mirror = {
      from: `${from.address}/team/*`,
      to: [`${to.address}/all/{match}`, `${third.address}/{repository}:x-{tag}`],
      referrers: true,
    };
    await writeFile(bench.path("all.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
    expect(await bench.run(["sync", "-f", "all.yaml"])).toMatchObject({ code: 0, stderr: "" });
    for (const [server, name, tag] of [
      [to, "all/other", "v1"],
      [third, "team/other", "x-v1"],
    ] as const) {
      const store = bench.repository(server, name);
      expect((await store.resolve(tag)).digest).toBe(root.digest);
      expect(await Array.fromAsync(store.referrers(root))).toHaveLength(1);
    }
  });

  it.each([
    ["sync", []],
    ["sync", ["--dry-run"]],
    ["plan", []],
    ["verify", []],
  ])("counts what a catalogue costs among the requests: %s %s", async (command, flags) => {
    await using bench = await Workbench.open();
    const asked = { from: 0, to: 0 };
    const counting =
      (side: keyof typeof asked): Hook =>
      (_, next) => {
        asked[side]++;
        return next();
      };
    const [from, to] = [await bench.serve(counting("from")), await bench.serve(counting("to"))];
    await seed(bench.repository(from, "team/app"), sampleImage({ seed: "app" }), "v1");
    const mirror = { from: `${from.address}/team/*`, to: `${to.address}/{match}` };
    await writeFile(bench.path("all.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
    Object.assign(asked, { from: 0, to: 0 });
    const { stdout } = await bench.run([command, "-f", "all.yaml", "--json", ...flags]);
    const { requests } = command === "plan" ? JSON.parse(stdout) : lastLine(stdout);
    expect(requests[from.address]).toMatchObject({ "GET catalog": 1 });
    expect({
      from: totalRequests({ from: requests[from.address] }),
      to: totalRequests({ to: requests[to.address] }),
    }).toEqual(asked);
  });

  it("shows the plan and does nothing with --dry-run", async () => {
    await using bench = await Workbench.open();
    const { to } = await setup(bench);
    const run = await bench.run(["sync", "-f", "mirror.yaml", "--dry-run"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain("Plan: 2 tags: 2 to copy, 0 unchanged");
    expect(await bench.run(["repos", to.address])).toMatchObject({ stdout: "" });
  });

  it("refuses a bad file before anything starts", async () => {
    await using bench = await Workbench.open();
    await writeFile(bench.path("bad.yaml"), "version: 1\nmirrors:\n  - from: 127.0.0.1:1/app\n    too: x\n");
    const run = await bench.run(["sync", "-f", "bad.yaml"]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("bad.yaml:4:5");
    expect(await bench.run(["sync", "-f", "none.yaml"])).toMatchObject({ code: 2 });
    expect(await bench.run(["sync"])).toMatchObject({ code: 2 });
  });
});

describe("tranship plan and apply", () => {
  it("write a plan, do what it says although a tag has moved, and do nothing the second time", async () => {
    await using bench = await Workbench.open();
    const { from, to } = await setup(bench);
    const planned = await bench.run(["plan", "-f", "mirror.yaml", "-o", "plan.json"]);
    expect(planned).toMatchObject({ code: 0, stderr: "" });
    expect(planned.stdout).toContain("Plan: 2 tags: 2 to copy, 0 unchanged");
    expect(planned.stdout).toContain(`creates   ${to.address}/mirror/app`);
    const plan: SyncPlan = JSON.parse(await readFile(bench.path("plan.json"), "utf8"));
    expect(plan.images.map(({ tag, content }) => [tag, content?.manifests.count])).toEqual([
      ["v1", 3],
      ["v2", 3],
    ]);
    const source = bench.repository(from, "app");
    const before = (await source.resolve("v1")).digest;
    await source.tag(await source.resolve("v2"), "v1");

    const applied = await bench.run(["apply", "plan.json"]);
    expect(applied).toMatchObject({ code: 0, stderr: "" });
    expect(applied.stdout).toContain("has moved");
    expect((await bench.repository(to, "mirror/app").resolve("v1")).digest).toBe(before);

    const again = await bench.run(["apply", "plan.json", "--json"]);
    expect(lastLine(again.stdout)).toMatchObject({
      ok: true,
      outcomes: { unchanged: 2 },
      requests: { [to.address]: { "HEAD manifest": 2 } },
    });
  });

  it("moves what the plan said, to the byte", async () => {
    await using bench = await Workbench.open();
    await setup(bench);
    await bench.run(["plan", "-f", "mirror.yaml", "-o", "plan.json"]);
    const plan: SyncPlan = JSON.parse(await readFile(bench.path("plan.json"), "utf8"));
    const sum = (of: (content: NonNullable<SyncPlan["images"][number]["content"]>) => number): number =>
      plan.images.reduce((total, { content }) => total + (content === undefined ? 0 : of(content)), 0);
    const result = lastLine((await bench.run(["apply", "plan.json", "--json"])).stdout);
    expect(result.moved.bytes).toBe(sum(({ copy, manifests }) => copy.bytes + manifests.bytes));
  });

  it("refuse a target's tag that has moved since, and move it where that is allowed", async () => {
    await using bench = await Workbench.open();
    const { from, to } = await setup(bench);
    await bench.run(["plan", "-f", "mirror.yaml", "-o", "plan.json"]);
    await bench.run(["copy", `${from.address}/app:nightly`, `${to.address}/mirror/app:v2`]);
    const refused = await bench.run(["apply", "plan.json"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("--allow-target-moved");
    expect(refused.stdout).toContain("1 copied, 1 refused");
    expect(await bench.run(["apply", "plan.json", "--allow-target-moved"])).toMatchObject({ code: 0 });
  });

  it("refuse what is no plan, before anything starts", async () => {
    await using bench = await Workbench.open();
    await writeFile(bench.path("plan.json"), '{"kind":"plan","version":7}');
    const run = await bench.run(["apply", "plan.json"]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('Cannot read the plan "plan.json": it has version 7');
    expect(await bench.run(["apply", "none.json"])).toMatchObject({ code: 2 });
    expect(await bench.run(["plan", "-f", "x.yaml", "-o", "no/folder/plan.json"])).toMatchObject({ code: 2 });
  });

  it("shows no secret of the file in the plan", async () => {
    await using bench = await Workbench.open();
    const { from } = await setup(bench);
    const file = JSON.parse(await readFile(bench.path("mirror.yaml"), "utf8"));
    const hosts = { [from.address]: { credentials: { username: "anna", password: "tops3cret" } } };
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ ...file, hosts }));
    const run = await bench.run(["plan", "-f", "mirror.yaml", "-o", "-"]);
    expect(run.code).toBe(0);
    expect(run.stdout + run.stderr).not.toContain("tops3cret");
    expect(JSON.parse(run.stdout)).toMatchObject({ kind: "plan", version: 1 });
  });
});
