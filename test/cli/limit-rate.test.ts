import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

describe("limits", () => {
  it.each([
    ["--limit-rate of copy", (from: string, to: string) => ["copy", "--json", "--limit-rate", "1000", from, to]],
    ["bytesPerSecond of a mirror file", () => ["sync", "--json", "-f", "mirror.yaml"]],
  ] as const)("hold a transfer back: %s", async (_, args) => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve()];
    // At this rate it would take a quarter of an hour.
    await seed(bench.repository(from, "app"), sampleImage({ layers: 1, layerSize: 1_000_000 }), "v1");
    const mirrors = [{ from: `${from.address}/app`, to: `${to.address}/app`, tags: ["v1"] }];
    const hosts = { [from.address]: { bytesPerSecond: 1000 } };
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, hosts, mirrors }));
    const command = bench.start(args(`${from.address}/app:v1`, `${to.address}/app:v1`));
    await command.line('"type":"bytes"');
    command.process.kill("SIGINT");
    expect((await command.ended).code).toBe(130);
    await expect(bench.repository(to, "app").resolve("v1")).rejects.toMatchObject({
      code: expect.stringMatching(/UNKNOWN/),
    });
  });

  it("leave a transfer within them as it is", async () => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve()];
    const { root } = sampleImage({ layers: 2, layerSize: 300_000 });
    await seed(bench.repository(from, "app"), sampleImage({ layers: 2, layerSize: 300_000 }), "v1");
    const run = await bench.run(["copy", "--limit-rate", "1GB", `${from.address}/app:v1`, `${to.address}/app:v1`]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect((await bench.repository(to, "app").resolve("v1")).digest).toBe(root.descriptor.digest);
  });
});
