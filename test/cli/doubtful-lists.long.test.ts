import { writeFile } from "node:fs/promises";
import { type RegistryStore, StoreError } from "@tranship/core";
import type { Answer, Hook, RunningServer, ServedRequest } from "tranship";
import { describe, expect, it } from "vitest";
import { datedImage } from "../support/dated-image.ts";
import { seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const TAGS = ["v1", "v2", "v3", "v4"] as const;

/** How a list goes on after its first two names. */
type Cut = (
  request: ServedRequest,
  names: readonly string[],
) => { readonly names: readonly string[] | null; readonly link?: string };

const path = ({ path: asked }: ServedRequest, query: string): string => `<${asked}?${query}>; rel="next"`;
const last = ({ query }: ServedRequest): string | null => query.get("last");

/** Lists of which the end is not proven: each shows the first two names. */
const DOUBTFUL: readonly (readonly [string, Cut])[] = [
  [
    "a Link without <>",
    (request, names) => ({ names: names.slice(0, 2), link: `${request.path}?last=v2; rel="next"` }),
  ],
  ["a Link to itself", (request, names) => ({ names: names.slice(0, 2), link: path(request, String(request.query)) })],
  [
    "the first page again, whatever `last` is",
    (request, names) => ({ names: names.slice(0, 2), link: path(request, "n=2&last=v2") }),
  ],
  ["the first page again, without a Link", (_, names) => ({ names: [...names.slice(0, 2), ...filler(998)] })],
];

/** Lists that are whole. */
const WHOLE: readonly (readonly [string, Cut])[] = [
  [
    "an empty page in the middle",
    (request, names) => {
      if (last(request) === null) return { names: names.slice(0, 2), link: path(request, "n=2&last=v2") };
      return last(request) === "v2" ? { names: [], link: path(request, "n=2&last=v2x") } : { names: names.slice(2) };
    },
  ],
  [
    "empty pages at first, written as null",
    (request, names) => (last(request) === null ? { names: null, link: path(request, "n=2&last=0") } : { names }),
  ],
];

/** Digest tags of nothing: whoever copies, deletes or compares leaves them alone. */
function filler(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `sha256-${at.toString(16).padStart(64, "0")}`);
}

/** Cuts the lists of a registry as soon as `cut` is set. */
class CutLists {
  cut: Cut | undefined;

  /** Tags are deleted by digest only, as distribution 2.8 does. */
  readonly hook: Hook = async (request, next) => {
    const { method, route } = request;
    if (method === "DELETE" && route.kind === "manifest" && !request.path.includes("sha256:")) return refused();
    if (this.cut === undefined || (route.kind !== "tags" && route.kind !== "catalog")) return next();
    const { body } = await next({ ...request, query: new URLSearchParams() });
    const field = route.kind === "tags" ? "tags" : "repositories";
    const { names, link } = this.cut(request, JSON.parse(String(body))[field]);
    const headers = { "content-type": "application/json", ...(link !== undefined && { link }) };
    return { status: 200, headers, body: JSON.stringify({ [field]: names }) };
  };
}

function refused(): Answer {
  return { status: 400, body: JSON.stringify({ errors: [{ code: "DIGEST_INVALID", message: "no tag" }] }) };
}

interface Setup extends AsyncDisposable {
  readonly bench: Workbench;
  readonly source: CutLists;
  readonly target: CutLists;
  readonly from: RunningServer;
  readonly to: RunningServer;
  readonly app: RegistryStore;
  readonly copy: RegistryStore;
}

/** `app` with four images, a mirror that deletes, and its copy; v1 and v4 are one image, so that v4 needs what v1 has. */
async function setup(): Promise<Setup> {
  const bench = await Workbench.open();
  const [source, target] = [new CutLists(), new CutLists()];
  const [from, to] = [await bench.serve(source.hook), await bench.serve(target.hook)];
  const app = bench.repository(from, "app");
  const images = ["2020-01-01", "2026-01-02", "2026-01-03", "2020-01-01"].map((day) =>
    datedImage(day, `${day}T10:00:00Z`),
  );
  for (const [at, image] of images.entries()) await seed(app, image, TAGS[at]);
  const mirror = { from: `${from.address}/app`, to: `${to.address}/copy`, prune: true };
  await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
  expect(await bench.run(["sync", "-f", "mirror.yaml", "-q"])).toMatchObject({ code: 0, stderr: "" });
  const copy = bench.repository(to, "copy");
  return { bench, source, target, from, to, app, copy, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

/** The tags that can be read, whatever the list says. */
async function tagsOf(store: RegistryStore): Promise<readonly string[]> {
  const found = await Promise.all(
    TAGS.map(async (tag) => {
      try {
        await store.open(tag);
        return [tag];
      } catch (error) {
        if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

describe("tranship, where the end of a list is not proven:", () => {
  it.each(DOUBTFUL)("ls, copy and verify use what came, say so, and exit 1: %s", async (_, cut) => {
    await using all = await setup();
    const { bench, source, target, from, to } = all;
    source.cut = cut;
    const place = `${from.address}/app`;
    const doubt =
      /^tranship: (?:\S+: )?Cannot list the tags of "[^"]+\/app": .*; there may be more than was listed; check the registry/m;
    const ls = await bench.run(["ls", place]);
    expect(ls).toMatchObject({ code: 1, stderr: expect.stringMatching(doubt) });
    expect(ls.stdout.split("\n").slice(0, 2)).toEqual(["v1", "v2"]);
    const json = await bench.run(["ls", "--json", place]);
    expect(json).toMatchObject({ code: 1, stderr: expect.stringMatching(doubt) });
    const { tags, incomplete } = JSON.parse(json.stdout);
    expect(tags.slice(0, 2)).toEqual(["v1", "v2"]);
    expect(incomplete).toMatchObject({ code: "PROTOCOL", message: expect.stringContaining("there may be more") });
    const copied = await bench.run(["copy", "--all-tags", place, `${to.address}/other`]);
    expect(copied).toMatchObject({ code: 1, stderr: expect.stringMatching(doubt) });
    expect(await tagsOf(bench.repository(to, "other"))).toEqual(["v1", "v2"]);
    const verified = await bench.run(["verify", "--all-tags", place, `${to.address}/copy`]);
    expect(verified).toMatchObject({ code: 1, stderr: expect.stringMatching(doubt) });
    expect(verified.stdout).not.toContain("does not have");
    // Which tags of the target are extra is not known either.
    [source.cut, target.cut] = [undefined, cut];
    const extra = await bench.run(["verify", "--all-tags", place, `${to.address}/copy`]);
    expect(extra).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\/copy": .*; there may be more than was listed/),
    });
  });

  it.each(DOUBTFUL)(
    "repos shows what came and exits 1, and a mirror of a catalogue deletes nothing: %s",
    async (_, cut) => {
      await using all = await setup();
      const { bench, source, from, to, app, copy } = all;
      for (const name of TAGS) await seed(bench.repository(from, name), datedImage(name, "2026-01-01T00:00:00Z"), "v1");
      await app.delete(await app.resolve("v3"));
      source.cut = (request, names) => (names[0] === "app" ? cut(request, TAGS) : { names });
      const repos = await bench.run(["repos", from.address]);
      expect(repos).toMatchObject({ code: 1, stderr: expect.stringContaining("there may be more than was listed") });
      expect(repos.stdout.split("\n").slice(0, 2)).toEqual(["v1", "v2"]);
      const mirrors = [
        { from: `${from.address}/*`, to: `${to.address}/{repository}`, tags: ["v1"] },
        { from: `${from.address}/app`, to: `${to.address}/copy`, prune: true },
      ];
      // The first one could write to `copy` too, from a repository that was not listed.
      await writeFile(bench.path("two.yaml"), JSON.stringify({ version: 1, mirrors }));
      const run = await bench.run(["sync", "-f", "two.yaml"]);
      expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("Cannot list the repositories of") });
      expect(run.stderr).toContain("may be written there too, and its repositories could not be listed");
      expect(await tagsOf(copy)).toEqual([...TAGS]);
      expect(await tagsOf(bench.repository(to, "v2"))).toEqual(["v1"]);
    },
  );

  it.each(DOUBTFUL)("prune, delete TAG, sync and plan delete nothing, and exit 1: %s", async (_, cut) => {
    await using all = await setup();
    const { bench, source, target, from, to, app, copy } = all;
    target.cut = cut;
    const doubt = expect.stringContaining("there may be more than was listed");
    const place = `${to.address}/copy`;
    expect(await bench.run(["prune", place, "--keep", "1"])).toMatchObject({ code: 1, stdout: "", stderr: doubt });
    expect(await bench.run(["prune", place, "--keep", "1", "--dry-run"])).toMatchObject({ code: 1, stderr: doubt });
    expect(await bench.run(["delete", `${place}:v1`])).toMatchObject({ code: 1, stdout: "", stderr: doubt });
    // The source's own list is whole, and the target's is not.
    await app.delete(await app.resolve("v2"));
    expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 1, stderr: doubt });
    target.cut = undefined;
    source.cut = cut;
    for (const command of [["sync"], ["sync", "--dry-run"], ["plan"]]) {
      const run = await bench.run([...command, "-f", "mirror.yaml"]);
      expect(run).toMatchObject({ code: 1, stderr: doubt });
      expect(run.stdout).not.toMatch(/deleted +\S+\/copy|delete +\S/);
    }
    expect(await tagsOf(copy)).toEqual([...TAGS]);
    expect(await bench.run(["prune", `${from.address}/app`, "--keep", "1"])).toMatchObject({ code: 1, stderr: doubt });
  });

  it.each(WHOLE)("all commands take a list for whole that is: %s", async (_, cut) => {
    await using all = await setup();
    const { bench, source, target, from, to, copy } = all;
    source.cut = cut;
    target.cut = cut;
    expect(await bench.run(["ls", `${from.address}/app`])).toEqual({ code: 0, stdout: "v1\nv2\nv3\nv4\n", stderr: "" });
    expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 0, stderr: "" });
    expect(await tagsOf(copy)).toEqual([...TAGS]);
    expect(await bench.run(["delete", `${to.address}/copy:v1`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('tag "v4" has the same digest and would go too'),
    });
    // v1 is old, and v4 is it too.
    const pruned = await bench.run(["prune", `${to.address}/copy`, "--match", "v[123]", "--keep", "1"]);
    expect(pruned).toMatchObject({ code: 0, stderr: "" });
    expect(await tagsOf(copy)).toEqual(["v1", "v3", "v4"]);
  });
});
