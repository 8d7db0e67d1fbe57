import { writeFile } from "node:fs/promises";
import type { Hook } from "tranship";
import { describe, expect, it } from "vitest";
import { sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const index = sampleIndex({ seed: "v1" });
const { digest } = index.root.descriptor;

/** Refuses each HEAD of a manifest, or only those that are answered with 404 otherwise. */
function refusing(status: number, which: "all" | "missing" = "all"): Hook {
  return async (request, next) => {
    if (request.method !== "HEAD" || request.route.kind !== "manifest") return next();
    return which === "all" || (await next()).status === 404 ? { status, body: "" } : next();
  };
}

describe.each([
  ...[401, 403, 404, 500].map((status) => ({ side: "source", status, which: "all" }) as const),
  { side: "target", status: 405, which: "all" } as const,
  ...[403, 500].map((status) => ({ side: "target", status, which: "missing" }) as const),
])("tranship, where the $side answers HEAD of $which manifests with $status", ({ side, status, which }) => {
  it("syncs, finds it unchanged, verifies it, copies it and copies it again", async () => {
    await using bench = await Workbench.open();
    const hook = refusing(status, which);
    const from = await bench.serve(side === "source" ? hook : undefined);
    const to = await bench.serve(side === "target" ? hook : undefined);
    await seed(bench.repository(from, "app"), index, "v1");
    const mirrors = [{ from: `${from.address}/app`, to: `${to.address}/app`, tags: ["v1"] }];
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors }));
    const sync = ["sync", "-f", "mirror.yaml", "--retries", "1"];
    expect(await bench.run(sync)).toMatchObject({ code: 0, stdout: expect.stringContaining("1 copied") });
    expect(await bench.run(sync)).toMatchObject({ code: 0, stdout: expect.stringContaining("1 unchanged") });
    expect(await bench.run(["verify", "-f", "mirror.yaml"])).toMatchObject({ code: 0 });
    const copy = ["copy", "--retries", "1", `${from.address}/app:v1`, `${to.address}/other:v1`];
    expect(await bench.run(copy)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Copied /) });
    expect(await bench.run(copy)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Unchanged /) });
    expect((await bench.run(["digest", `${from.address}/app:v1`])).stdout).toBe(`${digest}\n`);
    const hosts = JSON.parse((await bench.run(["hosts", "--json"])).stdout).hosts as {
      host: string;
      facts: object[];
    }[];
    const { facts } = hosts.find(({ host }) => host === (side === "source" ? from : to).address) ?? {};
    expect(facts).toContainEqual(expect.objectContaining({ name: "manifestHead", value: false }));
  });
});

describe("tranship copy, where HEAD answers 404 for what is there", () => {
  it("keeps a tag that must not be moved, and does not take it for missing", async () => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve(refusing(404))];
    await seed(bench.repository(from, "app"), index, "v1");
    const other = sampleIndex({ seed: "other" });
    await seed(bench.repository(to, "app"), other, "v1");
    const places = [`${from.address}/app:v1`, `${to.address}/app:v1`];
    expect(await bench.run(["copy", "--no-clobber", ...places])).toMatchObject({ code: 0 });
    expect((await bench.repository(to, "app").open("v1")).descriptor.digest).toBe(other.root.descriptor.digest);
    const verified = await bench.run(["verify", ...places]);
    expect(verified).toMatchObject({ code: 3, stdout: expect.stringContaining(other.root.descriptor.digest) });
  });

  it("keeps an immutable tag", async () => {
    await using bench = await Workbench.open();
    // Without a list of tags the target's tag is looked for by itself.
    const hook: Hook = (request, next) =>
      request.route.kind === "tags" ? Promise.resolve({ status: 403, body: "" }) : refusing(404)(request, next);
    const [from, to] = [await bench.serve(), await bench.serve(hook)];
    await seed(bench.repository(from, "app"), index, "v1");
    const other = sampleIndex({ seed: "other" });
    await seed(bench.repository(to, "app"), other, "v1");
    const mirrors = [{ from: `${from.address}/app`, to: `${to.address}/app`, tags: { immutable: "*" } }];
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors }));
    const run = await bench.run(["sync", "-f", "mirror.yaml"]);
    expect((await bench.repository(to, "app").open("v1")).descriptor.digest).toBe(other.root.descriptor.digest);
    expect(run).toMatchObject({ code: 0 });
  });
});

describe("tranship, at a target that has no list of tags and answers 404 to the request for one", () => {
  it("looks for each tag by itself, and overwrites none that must be kept", async () => {
    await using bench = await Workbench.open();
    const hook: Hook = (request, next) =>
      request.route.kind === "tags" ? Promise.resolve({ status: 404, body: "404 page not found" }) : next();
    const [from, to] = [await bench.serve(), await bench.serve(hook)];
    await seed(bench.repository(from, "app"), index, "v1");
    const other = sampleIndex({ seed: "other" });
    await seed(bench.repository(to, "app"), other, "v1");
    const [source, target] = [`${from.address}/app`, `${to.address}/app`];
    await writeFile(
      bench.path("mirror.yaml"),
      JSON.stringify({ version: 1, mirrors: [{ from: source, to: target, tags: { immutable: "*" } }] }),
    );
    expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 0 });
    expect(await bench.run(["copy", "--all-tags", "--no-clobber", source, target])).toMatchObject({ code: 0 });
    expect((await bench.repository(to, "app").open("v1")).descriptor.digest).toBe(other.root.descriptor.digest);
  });
});
