import { readFile } from "node:fs/promises";
import { openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleImage, sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

describe("tranship copy", () => {
  it("copies an image between registries and says what it did", async () => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve()];
    const { digest } = await seed(bench.repository(from, "app"), sampleIndex(), "v1");
    const first = await bench.run(["copy", `${from.address}/app:v1`, `docker://${to.address}/mirror/app:v1`]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain(`Copied ${from.address}/app:v1 to ${to.address}/mirror/app:v1`);
    expect(first.stdout).toContain(`digest    ${digest}`);
    expect((await bench.repository(to, "mirror/app").resolve("v1")).digest).toBe(digest);

    const again = await bench.run(["copy", `${from.address}/app:v1`, `${to.address}/mirror/app:v1`]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`Unchanged ${to.address}/mirror/app:v1`);
  });

  it("means latest where a registry's location has no tag", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { digest } = await seed(bench.repository(server, "app"), sampleImage(), "latest");
    expect(await bench.run(["copy", `${server.address}/app`, `${server.address}/other`])).toMatchObject({ code: 0 });
    expect((await bench.repository(server, "other").resolve("latest")).digest).toBe(digest);
  });

  it("copies to an OCI layout and back, tagged and untagged", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { digest } = await seed(bench.repository(server, "app"), sampleIndex(), "v1");
    expect((await bench.run(["copy", `${server.address}/app:v1`, "oci:tagged:v1"])).code).toBe(0);
    expect((await bench.run(["copy", "oci:tagged:v1", "oci:untagged"])).code).toBe(0);
    const layout = await openLayout(bench.path("untagged"));
    expect(await Array.fromAsync(layout.tags())).toEqual([]);
    expect((await layout.only()).digest).toBe(digest);
    expect((await bench.run(["copy", "oci:untagged", `${server.address}/back:v1`])).code).toBe(0);
    expect((await bench.repository(server, "back").resolve("v1")).digest).toBe(digest);
  });

  it("copies all tags of a repository", async () => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve()];
    for (const tag of ["v1", "v2"]) await seed(bench.repository(from, "app"), sampleImage({ seed: tag }), tag);
    const run = await bench.run(["copy", "--all-tags", `${from.address}/app`, `${to.address}/app`]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain("tags      2: 2 copied, 0 unchanged");
    expect(await Array.fromAsync(bench.repository(to, "app").tags())).toEqual(["v1", "v2"]);
  });

  it("copies to several targets, and one that fails leaves the others alone", async () => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve()];
    await seed(bench.repository(from, "app"), sampleImage(), "v1");
    const targets = ["127.0.0.1:1/app:v1", `${to.address}/app:v1`, "oci:copy:v1"];
    const run = await bench.run(["copy", `${from.address}/app:v1`, ...targets]);
    expect(run.code).toBe(1);
    // Before it, why it takes a while.
    expect(run.stderr).toMatch(/(?:^|\n)tranship: Cannot [^\n]*127\.0\.0\.1:1[^\n]*\n$/);
    await bench.repository(to, "app").resolve("v1");
    await (await openLayout(bench.path("copy"))).resolve("v1");
  });

  it("sends each blob once to a registry with two targets, and mounts it in the other repository", async () => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve()];
    await seed(bench.repository(from, "app"), sampleImage({ layers: 2 }), "v1");
    const run = await bench.run([
      "copy",
      "--json",
      `${from.address}/app:v1`,
      `${to.address}/a:v1`,
      `${to.address}/b:v1`,
    ]);
    const result = JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "");
    const sum = (of: "moved" | "mounted"): number =>
      result.copies.reduce((count: number, copy: Record<typeof of, { count: number }>) => count + copy[of].count, 0);
    // Two layers and a config, and a manifest for each target.
    expect([sum("moved"), sum("mounted")]).toEqual([3 + 2, 3]);
  });

  it("copies one platform, or several in a cut-down index", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const sample = sampleIndex({
      platforms: ["amd64", "arm64", "s390x"].map((architecture) => ({ os: "linux", architecture })),
    });
    await seed(bench.repository(server, "app"), sample, "v1");
    const one = await bench.run(["copy", "--platform", "linux/arm64", `${server.address}/app:v1`, "oci:one:v1"]);
    expect(one.code).toBe(0);
    const arm = sample.manifests[1]?.descriptor.digest;
    expect((await (await openLayout(bench.path("one"))).resolve("v1")).digest).toBe(arm);
    const flags = ["--platform", "linux/amd64,linux/arm64", "--platform", "linux/s390x"];
    const all = await bench.run(["copy", ...flags, `${server.address}/app:v1`, "oci:all:v1"]);
    expect(all.stdout).toContain(sample.root.descriptor.digest);
  });

  it("leaves a tag alone with --no-clobber", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await seed(bench.repository(server, "app"), sampleImage({ seed: "new" }), "v1");
    const { digest } = await seed(bench.repository(server, "mirror"), sampleImage({ seed: "old" }), "v1");
    const run = await bench.run(["copy", "--no-clobber", `${server.address}/app:v1`, `${server.address}/mirror:v1`]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(`Kept ${server.address}/mirror:v1`);
    expect((await bench.repository(server, "mirror").resolve("v1")).digest).toBe(digest);
  });

  it("writes the target's digest to --digestfile, and nothing beside it", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { digest } = await seed(bench.repository(server, "app"), sampleImage(), "v1");
    const run = await bench.run(["copy", "-q", "--digestfile", "digest", `${server.address}/app:v1`, "oci:copy"]);
    expect(run).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await readFile(bench.path("digest"), "utf8")).toBe(digest);
    expect([...(await bench.entries())].sort()).toEqual(["copy", "digest", "registry-0"]);
  });

  it("prints each event and the result as JSON lines with --json", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { digest } = await seed(bench.repository(server, "app"), sampleImage({ layers: 1 }), "v1");
    const run = await bench.run(["copy", "--json", `${server.address}/app:v1`, "oci:copy:v1"]);
    expect(run.stderr).toBe("");
    const lines = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ type }) => type === "done")).toHaveLength(3);
    expect(lines.at(-2)).toMatchObject({ type: "tagged", reference: "v1", descriptor: { digest } });
    expect(lines.at(-1)).toMatchObject({
      type: "result",
      ok: true,
      copies: [{ outcome: "copied", digest, moved: { count: 3 } }],
    });
  });

  it("says what failed as JSON and on stderr, with the code", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const run = await bench.run(["copy", "--json", `${server.address}/app:none`, "oci:copy:v1"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^tranship: Cannot [^\n]*\n$/);
    const result = JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "");
    expect(result).toMatchObject({ type: "result", ok: false, failures: [{ error: { side: "source", status: 404 } }] });
  });
});
