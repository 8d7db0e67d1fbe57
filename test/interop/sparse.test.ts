import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Workbench } from "../cli/workbench.ts";
import { startCraneRegistry } from "../peers/crane-registry.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";

describePeers("tranship sync with sparse", ["registry", "docker-registry", "crane"], (peers) => {
  let stack: AsyncDisposableStack;
  let bench: Workbench;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    bench = stack.use(await Workbench.open());
  });
  afterEach(() => stack.disposeAsync());

  /** Writes a mirror file with the sparse half of an index. */
  async function mirrorTo(host: string): Promise<string> {
    const from = await bench.serve();
    const { digest } = await seed(bench.repository(from, "app"), sampleIndex(), "v1");
    const mirror = { from: `${from.address}/app:v1`, to: `${host}/app`, platforms: ["linux/amd64"], sparse: true };
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
    return digest;
  }

  it("keeps the index where distribution 3.1 is told to take it, and verify finds it right", async () => {
    const { host } = stack.use(await startDistribution(peers.registry, { sparse: true }));
    const digest = await mirrorTo(host);
    expect(await bench.run(["plan", "-f", "mirror.yaml"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("missing, sparse"),
    });
    expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 0 });
    expect((await bench.run(["digest", `${host}/app:v1`])).stdout.trim()).toBe(digest);
    expect(await bench.run(["verify", "-f", "mirror.yaml"])).toMatchObject({ code: 0 });

    // The index is there already, and all of it is wanted now.
    const [from] = JSON.parse(await readFile(bench.path("mirror.yaml"), "utf8")).mirrors.map(
      (mirror: { readonly from: string }) => mirror.from,
    );
    expect(await bench.run(["verify", from, `${host}/app:v1`])).toMatchObject({ code: 3 });
    expect(await bench.run(["copy", from, `${host}/app:v1`])).toMatchObject({ code: 0 });
    expect(await bench.run(["verify", from, `${host}/app:v1`])).toMatchObject({ code: 0 });
  });

  it.each([
    ["distribution 3.1", () => startDistribution(peers.registry)],
    ["distribution 2.8", () => startDistribution(peers["docker-registry"])],
    ["crane's registry", () => startCraneRegistry(peers.crane)],
  ])("names the choice where %s refuses it, and leaves no tag", async (_, start) => {
    const { host } = stack.use(await start());
    await mirrorTo(host);
    const run = await bench.run(["sync", "-f", "mirror.yaml"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("the registry takes none of which only linux/amd64 is there");
    expect(run.stderr).toContain('without "sparse" the index is rewritten');
    expect(await bench.run(["ls", `${host}/app`])).toMatchObject({ stdout: "" });
  });
});
