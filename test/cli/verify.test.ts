import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { VerifyResult } from "@tranship/copy";
import type { RunningServer } from "tranship";
import { describe, expect, it } from "vitest";
import { sampleArtifact, sampleImage, sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const index = sampleIndex({ seed: "v1" });
const layer = index.blobs.at(-1)?.descriptor.digest ?? "";

interface Setup {
  readonly from: RunningServer;
  readonly to: RunningServer;
  /** The pair of repositories, as arguments. */
  readonly repositories: readonly [string, string];
}

/** `app:v1` and `app:v2` with a referrer, mirrored; the target's registry is in the folder `registry-1`. */
async function setup(bench: Workbench): Promise<Setup> {
  const [from, to] = [await bench.serve(), await bench.serve()];
  const app = bench.repository(from, "app");
  await seed(app, index, "v1");
  const image = await seed(app, sampleImage({ seed: "v2" }), "v2");
  await seed(app, sampleArtifact({ subject: image }));
  const mirror = { from: `${from.address}/app`, to: `${to.address}/mirror/app`, referrers: true };
  await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
  expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 0 });
  return { from, to, repositories: [mirror.from, mirror.to] };
}

function lose(bench: Workbench, digest: string): Promise<void> {
  return rm(join(bench.path("registry-1"), "mirror/app/blobs", digest.replace(":", "/")));
}

const lastLine = (output: string): VerifyResult => JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");

describe("tranship verify", () => {
  it("says that two are the same: images, repositories, mirrors of a file", async () => {
    await using bench = await Workbench.open();
    const [from, to] = (await setup(bench)).repositories;
    const one = await bench.run(["verify", `${from}:v1`, `${to}:v1`]);
    expect(one).toMatchObject({ code: 0, stderr: "" });
    expect(one.stdout).toContain("Verified 1 tag: 1 same\n  content   3 manifests, 5 blobs");
    expect(await bench.run(["verify", "--all-tags", "--referrers", "--deep", from, to])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Verified 2 tags: 2 same\n  content   5 manifests"),
    });
    expect(await bench.run(["verify", "-f", "mirror.yaml"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Verified 2 tags: 2 same"),
    });
  });

  it("says what differs with exit code 3, and repairs just that", async () => {
    await using bench = await Workbench.open();
    const [, to] = (await setup(bench)).repositories;
    await lose(bench, layer);
    await bench.run(["tag", `${to}:v1`, "v2"]);

    const found = await bench.run(["verify", "-f", "mirror.yaml"]);
    expect(found.code).toBe(3);
    expect(found.stdout).toContain(`blob      ${layer}`);
    expect(found.stdout).toContain("ought to be");
    expect(found.stderr).toBe("tranship: 2 of 2 tags differ; --repair sends what is missing\n");

    const json = await bench.run(["verify", "-f", "mirror.yaml", "--json"]);
    expect(json.code).toBe(3);
    expect(lastLine(json.stdout)).toMatchObject({
      type: "result",
      kind: "verification",
      version: 1,
      ok: false,
      outcomes: { different: 2 },
      images: [
        { tag: "v1", differences: [{ kind: "blob", problem: "missing", digest: layer }] },
        { tag: "v2", differences: [{ kind: "tag", problem: "differs" }] },
      ],
    });

    const repaired = await bench.run(["verify", "-f", "mirror.yaml", "--repair"]);
    expect(repaired).toMatchObject({ code: 0, stderr: "" });
    expect(repaired.stdout).toContain("Verified 2 tags: 2 repaired");
    expect(await bench.run(["verify", "-f", "mirror.yaml", "--deep", "-q"])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("compares with a layout, with platforms, and says which tags only the target has", async () => {
    await using bench = await Workbench.open();
    const [from, to] = (await setup(bench)).repositories;
    const platforms = ["--platform", "linux/amd64"];
    await bench.run(["copy", ...platforms, `${from}:v1`, "oci:layout:v1"]);
    expect(await bench.run(["verify", ...platforms, `${from}:v1`, "oci:layout:v1"])).toMatchObject({ code: 0 });
    expect(await bench.run(["verify", `${from}:v1`, "oci:layout:v1"])).toMatchObject({ code: 3 });

    const sparse = ["--sparse", ...platforms];
    await bench.run(["copy", ...sparse, `${from}:v1`, "oci:sparse:v1"]);
    expect(await bench.run(["verify", ...sparse, `${from}:v1`, "oci:sparse:v1"])).toMatchObject({ code: 0 });
    const whole = await bench.run(["verify", `${from}:v1`, "oci:sparse:v1"]);
    expect(whole).toMatchObject({ code: 3, stdout: expect.stringMatching(/manifest {2}sha256:\w+ \(.*\) is missing/) });

    const some = ["--platform", "linux/amd64,linux/s390x", "--skip-missing-platforms"];
    const copied = await bench.run(["copy", ...some, `${from}:v1`, "oci:some:v1"]);
    expect(copied).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}lacks {5}linux\/s390x$/m) });
    expect(await bench.run(["verify", ...some, `${from}:v1`, "oci:some:v1"])).toMatchObject({ code: 0 });
    expect(await bench.run(["verify", ...some.slice(0, 2), `${from}:v1`, "oci:some:v1"])).toMatchObject({ code: 1 });

    await bench.run(["tag", `${to}:v1`, "old"]);
    const all = await bench.run(["verify", "--all-tags", from, to]);
    expect(all).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${to} has tags that ${from} does not have: old (1)`),
    });
  });

  it("goes on where a tag can't be looked at, with exit code 1", async () => {
    await using bench = await Workbench.open();
    const [from, to] = (await setup(bench)).repositories;
    const run = await bench.run(["verify", `${from}:none`, `${to}:v1`]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^tranship: [^\n]*none[^\n]*\n$/);
    expect(await bench.run(["verify", `${from}:v1`, `${to}:none`])).toMatchObject({
      code: 3,
      stdout: expect.stringContaining("tag       missing"),
    });
  });

  it("asks a source without an API for referrers for those that its list of tags names", async () => {
    await using bench = await Workbench.open();
    const from = await bench.serve(async ({ route }, next) => {
      if (route.kind === "referrers") return { status: 404, body: "404 page not found" };
      const answer = await next();
      const { "oci-subject": _, ...headers } = answer.headers ?? {};
      return { ...answer, headers };
    });
    const [app, to] = [bench.repository(from, "app"), await bench.serve()];
    await seed(app, index, "v1");
    const image = await seed(app, sampleImage({ seed: "v2" }), "v2");
    await seed(app, sampleArtifact({ subject: image }));
    const places = ["--all-tags", "--referrers", `${from.address}/app`, `${to.address}/app`];
    expect(await bench.run(["copy", ...places])).toMatchObject({ code: 0 });
    const run = await bench.run(["verify", "--json", ...places]);
    expect(lastLine(run.stdout)).toMatchObject({ ok: true, manifests: { count: 5 } });
    expect(lastLine(run.stdout).requests[from.address]).toEqual({
      "GET tags": 1,
      "HEAD manifest": 2,
      "GET manifest": 1,
      // Of each manifest that may have any: what an earlier run has seen proves nothing now.
      "GET referrers": 5,
    });
  });

  it("says what can be done about what could not be compared", async () => {
    await using bench = await Workbench.open();
    const [, to] = (await setup(bench)).repositories;
    const { address } = await bench.serve(async () => ({
      status: 401,
      headers: { "www-authenticate": 'Basic realm="test"' },
      body: "{}",
    }));
    const run = await bench.run(["verify", `${address}/app:v1`, `${to}:v1`]);
    expect(run.code).toBe(1);
    expect(run.stderr.trimEnd().endsWith(`log in with: tranship login ${address}`)).toBe(true);
  });

  it("refuses what does not fit together before anything starts", async () => {
    await using bench = await Workbench.open();
    for (const args of [
      [],
      ["a.example/b"],
      ["-f", "mirror.yaml", "a.example/b", "a.example/c"],
      ["-f", "mirror.yaml", "--all-tags"],
      ["--all-tags", "a.example/b:v1", "a.example/c"],
      ["--platform", "linux", "a.example/b", "a.example/c"],
      ["a.example/b", "oci:none"],
    ]) {
      const run = await bench.run(["verify", ...args]);
      expect(run, args.join(" ")).toMatchObject({ code: 2, stdout: "" });
      expect(run.stderr).toMatch(/^tranship: [^\n]+\n$/);
    }
  });
});
