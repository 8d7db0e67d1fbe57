import { digestOf, openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleImage, sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

describe("tranship ls", () => {
  it("lists the tags of a repository and of a layout", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    for (const tag of ["v1", "v2"]) await seed(bench.repository(server, "app"), sampleImage(), tag);
    expect(await bench.run(["ls", `${server.address}/app`])).toEqual({ code: 0, stdout: "v1\nv2\n", stderr: "" });
    await seed(await openLayout(bench.path("layout"), { create: true }), sampleImage(), "v3");
    expect(await bench.run(["ls", "oci:layout"])).toEqual({ code: 0, stdout: "v3\n", stderr: "" });
    const json = await bench.run(["ls", "--json", `${server.address}/app`]);
    expect(JSON.parse(json.stdout)).toEqual({ repository: `${server.address}/app`, tags: ["v1", "v2"] });
  });

  it("fails for a repository that is not there", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const run = await bench.run(["ls", `${server.address}/none`]);
    expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^tranship: Cannot [^\n]*\n$/) });
  });

  it("ends quietly when its reader goes away", async () => {
    await using bench = await Workbench.open();
    // A list without end: only the reader's leaving ends it.
    const server = await bench.serve(async ({ route, query }, next) => {
      if (route.kind !== "tags") return next();
      const first = Number(query.get("last")?.slice("tag-".length) ?? -1) + 1;
      const tags = Array.from({ length: 1000 }, (_, at) => `tag-${first + at}`);
      return {
        status: 200,
        headers: { "content-type": "application/json", link: `</v2/app/tags/list?last=${tags.at(-1)}>; rel="next"` },
        body: JSON.stringify({ name: "app", tags }),
      };
    });
    const command = bench.start(["ls", `${server.address}/app`]);
    await command.line("tag-0");
    command.process.stdout.destroy();
    expect(await command.ended).toMatchObject({ code: 141, stderr: "" });
  });
});

describe("tranship repos", () => {
  it("lists the repositories of a registry and of a folder", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    for (const name of ["app", "team/tool"]) await seed(bench.repository(server, name), sampleImage(), "v1");
    expect(await bench.run(["repos", server.address])).toEqual({ code: 0, stdout: "app\nteam/tool\n", stderr: "" });
    expect(await bench.run(["repos", "oci:registry-0"])).toEqual({ code: 0, stdout: "app\nteam/tool\n", stderr: "" });
  });
});

describe("tranship inspect", () => {
  it("shows the platforms of an index", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const sample = sampleIndex();
    await seed(bench.repository(server, "app"), sample, "v1");
    const { code, stdout } = await bench.run(["inspect", `${server.address}/app:v1`]);
    expect(code).toBe(0);
    expect(stdout).toContain(sample.root.descriptor.digest);
    expect(stdout).toMatch(/linux\/amd64 +sha256:[0-9a-f]{64} +2 layers/);
    expect(stdout).toMatch(/linux\/arm64\/v8 +sha256:[0-9a-f]{64} +2 layers/);
  });

  it("shows config and layers of one platform", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const sample = sampleIndex();
    await seed(bench.repository(server, "app"), sample, "v1");
    const { stdout } = await bench.run(["inspect", "--platform", "linux/arm64", `${server.address}/app:v1`]);
    expect(stdout).toContain("linux/arm64/v8");
    expect(stdout).toContain(sample.manifests[1]?.descriptor.digest);
    const json = await bench.run(["inspect", "--json", "--platform", "linux/amd64", `${server.address}/app:v1`]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      config: { document: { architecture: "amd64" } },
      layers: [{}, {}],
    });
  });

  it("prints the manifest's exact bytes with --raw", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { root } = sampleIndex();
    await seed(bench.repository(server, "app"), sampleIndex(), "v1");
    const { stdout } = await bench.run(["inspect", "--raw", `${server.address}/app:v1`]);
    expect(digestOf(Buffer.from(stdout))).toBe(root.descriptor.digest);
  });
});

describe("tranship digest", () => {
  it("prints the digest of an image, and of one platform", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const sample = sampleIndex();
    await seed(bench.repository(server, "app"), sample, "v1");
    const whole = await bench.run(["digest", `${server.address}/app:v1`]);
    expect(whole).toEqual({ code: 0, stdout: `${sample.root.descriptor.digest}\n`, stderr: "" });
    const one = await bench.run(["digest", "--platform", "linux/amd64", `${server.address}/app:v1`]);
    expect(one.stdout).toBe(`${sample.manifests[0]?.descriptor.digest}\n`);
  });
});
