import { unlink, writeFile } from "node:fs/promises";
import { openLayout, type RegistryStore } from "@tranship/core";
import type { Answer, Hook, RunningServer } from "tranship";
import { describe, expect, it } from "vitest";
import { datedImage } from "../support/dated-image.ts";
import { seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

/** v1 is the oldest. */
const IMAGES = ["2026-01-01", "2026-01-02", "2026-01-03"].map((day) => datedImage(day, `${day}T10:00:00Z`));
const TAGS = ["v1", "v2", "v3"] as const;

/** A registry that lists a tag and has no manifest for it, as distribution does (distribution/distribution#1755). */
class BrokenTags {
  broken: string | undefined;
  /** Requests for the manifest of the tag that are answered with 404 before it is found. */
  lag = Number.POSITIVE_INFINITY;
  /** Lists in which the tag still is. */
  listed = Number.POSITIVE_INFINITY;
  /** Whether tags are deleted by digest only, as in distribution 2.8. */
  byDigestOnly = false;
  readonly log: string[] = [];

  readonly hook: Hook = async (request, next) => {
    const { method, route, path } = request;
    if (this.broken === undefined) return next();
    this.log.push(`${method} ${path}`);
    const isDelete = method === "DELETE" && route.kind === "manifest";
    if (isDelete && this.byDigestOnly && !path.includes("sha256:")) return refusal(400, "DIGEST_INVALID");
    if (path.endsWith(`/manifests/${this.broken}`) && !isDelete && method !== "PUT") {
      this.lag -= 1;
      if (this.lag >= 0) return refusal(404, "MANIFEST_UNKNOWN");
    }
    if (route.kind !== "tags") return next();
    this.listed -= 1;
    if (this.listed >= 0) return next();
    const { body, ...answer } = await next();
    const { tags, ...document } = JSON.parse(String(body));
    return {
      ...answer,
      body: JSON.stringify({ ...document, tags: tags.filter((tag: string) => tag !== this.broken) }),
    };
  };

  get lists(): number {
    return this.log.filter((line) => line.endsWith("/tags/list")).length;
  }
}

function refusal(status: number, code: string): Answer {
  return { status, body: JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }) };
}

interface Setup extends AsyncDisposable {
  readonly bench: Workbench;
  readonly tags: BrokenTags;
  readonly place: string;
  readonly app: RegistryStore;
  readonly server: RunningServer;
}

/** `app` with v1, v2, v3. */
async function setup(): Promise<Setup> {
  const bench = await Workbench.open();
  const tags = new BrokenTags();
  const server = await bench.serve(tags.hook);
  const app = bench.repository(server, "app");
  for (const [at, image] of IMAGES.entries()) await seed(app, image, TAGS[at]);
  return {
    bench,
    tags,
    place: `${server.address}/app`,
    app,
    server,
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
}

/** The tags that there are when nothing is broken. */
async function left({ tags, app }: Pick<Setup, "tags" | "app">): Promise<readonly string[]> {
  tags.broken = undefined;
  return (await Array.fromAsync(app.tags())).toSorted();
}

const NAMED =
  /^tranship: [^\n]*a tag is listed and has no manifest \(404\): "v3"; delete it with: tranship delete \S+:TAG, or go on with --ignore-broken-tags\n$/;

describe("tranship prune", () => {
  it("deletes nothing and names a tag that is listed twice and answers 404 to GET and HEAD", async () => {
    await using all = await setup();
    const { bench, tags, place } = all;
    tags.broken = "v3";
    const run = await bench.run(["prune", place, "--keep", "1"]);
    expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(NAMED) });
    expect(tags.lists).toBe(2);
    expect(tags.log.filter((line) => line.endsWith("/manifests/v3"))).toEqual(
      expect.arrayContaining(["GET /v2/app/manifests/v3", "HEAD /v2/app/manifests/v3"]),
    );
    expect(await left(all)).toEqual([...TAGS]);
  });

  it("goes on with --ignore-broken-tags, and says what it ignores", async () => {
    await using all = await setup();
    const { bench, tags, place } = all;
    tags.broken = "v3";
    const run = await bench.run(["prune", place, "--keep", "1", "--ignore-broken-tags"]);
    expect(run).toMatchObject({
      code: 0,
      stderr: `tranship: warning: ${place}: listed without a manifest (404), and ignored: v3\n`,
    });
    expect(await left(all)).toEqual(["v2", "v3"]);
  });

  it("goes on where the tag is gone from the second list", async () => {
    await using all = await setup();
    const { bench, tags, place } = all;
    tags.broken = "v3";
    tags.listed = 1;
    expect(await bench.run(["prune", place, "--keep", "1"])).toMatchObject({ code: 0, stderr: "" });
    expect(await left(all)).toEqual(["v2", "v3"]);
  });

  it("reads a tag that is found when it is looked for again", async () => {
    await using all = await setup();
    const { bench, tags, place } = all;
    tags.broken = "v3";
    tags.lag = 1;
    expect(await bench.run(["prune", place, "--keep", "1"])).toMatchObject({ code: 0, stderr: "" });
    expect(await left(all)).toEqual(["v3"]);
  });

  it("names a tag of a layout whose manifest is missing, and delete removes it", async () => {
    await using bench = await Workbench.open();
    const layout = await openLayout(bench.path("layout"), { create: true });
    for (const [at, image] of IMAGES.entries()) await seed(layout, image, TAGS[at]);
    const { digest } = await layout.resolve("v3");
    await unlink(bench.path("layout", "blobs", ...digest.split(":")));
    const run = await bench.run(["prune", "oci:layout", "--keep", "1"]);
    expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(NAMED) });
    expect(await bench.run(["delete", "oci:layout:v3", "-q"])).toMatchObject({ code: 0, stderr: "" });
    expect(await bench.run(["prune", "oci:layout", "--keep", "1"])).toMatchObject({ code: 0, stderr: "" });
    expect(await Array.fromAsync(layout.tags())).toEqual(["v2"]);
  });
});

describe("tranship delete", () => {
  it("removes a tag without a manifest where the registry deletes by tag", async () => {
    await using all = await setup();
    const { bench, tags, place } = all;
    tags.broken = "v3";
    expect(await bench.run(["delete", `${place}:v3`])).toMatchObject({ code: 0, stderr: "" });
    expect(await left(all)).toEqual(["v1", "v2"]);
  });

  it("says why it can't where the registry deletes by digest only", async () => {
    await using all = await setup();
    const { bench, tags, place } = all;
    tags.broken = "v3";
    tags.byDigestOnly = true;
    const run = await bench.run(["delete", `${place}:v3`]);
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toContain(`the registry deletes by digest only, and the tag has no manifest (404)`);
    expect(await left(all)).toEqual([...TAGS]);
  });

  it("by digest refuses while another tag has no manifest, and goes on with --ignore-broken-tags", async () => {
    await using all = await setup();
    const { bench, tags, place } = all;
    tags.broken = "v3";
    tags.byDigestOnly = true;
    const run = await bench.run(["delete", `${place}:v1`]);
    expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(NAMED) });
    expect(tags.log.filter((line) => line.startsWith("DELETE") && line.includes("sha256:"))).toEqual([]);
    expect(await bench.run(["delete", `${place}:v1`, "--ignore-broken-tags"])).toMatchObject({ code: 0, stderr: "" });
    expect(await left(all)).toEqual(["v2", "v3"]);
  });
});

describe("tranship sync", () => {
  /** A mirror of `app`, in step, with `prune`. */
  async function mirrored(all: Setup, { to }: { readonly to: RunningServer }): Promise<RegistryStore> {
    const mirror = { from: all.place, to: `${to.address}/copy`, prune: true };
    await writeFile(all.bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
    expect(await all.bench.run(["sync", "-f", "mirror.yaml", "-q"])).toMatchObject({ code: 0, stderr: "" });
    return all.bench.repository(to, "copy");
  }

  it.each([false, true])(
    "names a broken tag of the target, and deletes nothing there; by digest only: %s",
    async (byDigestOnly) => {
      await using all = await setup();
      const target = new BrokenTags();
      const copy = await mirrored(all, { to: await all.bench.serve(target.hook) });
      for (const tag of ["v1", "v3"]) await all.app.delete(await all.app.resolve(tag));
      target.broken = "v3";
      target.byDigestOnly = byDigestOnly;
      const run = await all.bench.run(["sync", "-f", "mirror.yaml", "--allow-shrunken"]);
      expect(run.code).toBe(1);
      expect(run.stderr).toContain('a tag is listed and has no manifest (404): "v3"');
      expect(target.log.filter((line) => line.startsWith("DELETE") && line.includes("sha256:"))).toEqual([]);
      const flags = ["--allow-shrunken", "--ignore-broken-tags"];
      const on = await all.bench.run(["sync", "-f", "mirror.yaml", ...flags]);
      expect(on).toMatchObject({ code: 0, stdout: expect.stringMatching(/deleted +\S+\/copy: v1$/m) });
      expect(await left({ tags: target, app: copy })).toEqual(["v2", "v3"]);
    },
  );

  it("names a broken tag of the source, deletes nothing, and leaves it out with --ignore-broken-tags", async () => {
    await using all = await setup();
    const copy = await mirrored(all, { to: await all.bench.serve() });
    const tagsOfCopy = async () => (await Array.fromAsync(copy.tags())).toSorted();
    await all.app.delete(await all.app.resolve("v1"));
    all.tags.broken = "v3";
    const run = await all.bench.run(["sync", "-f", "mirror.yaml"]);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('has no manifest (404): "v3"') });
    expect(await tagsOfCopy()).toEqual([...TAGS]);
    const on = await all.bench.run(["sync", "-f", "mirror.yaml", "--ignore-broken-tags"]);
    expect(on).toMatchObject({ code: 0, stderr: expect.stringContaining(":v3 is not copied") });
    expect(await tagsOfCopy()).toEqual(["v2", "v3"]);
  });

  it("does not fail for a tag that is deleted at the source after it was listed", async () => {
    await using all = await setup();
    await mirrored(all, { to: await all.bench.serve() });
    all.tags.broken = "v3";
    all.tags.listed = 1;
    const run = await all.bench.run(["sync", "-f", "mirror.yaml"]);
    expect(run).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(":v3 was deleted at the source after it was listed"),
    });
    expect(all.tags.lists).toBe(2);
  });
});
