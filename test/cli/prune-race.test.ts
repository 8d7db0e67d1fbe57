import type { Descriptor, RegistryStore } from "@tranship/core";
import type { ServedRequest } from "tranship";
import { describe, expect, it } from "vitest";
import { datedImage } from "../support/dated-image.ts";
import { indexOf, sampleArtifact, sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const OLD = datedImage("old", "2025-01-01T00:00:00Z");
const OLDER = datedImage("older", "2024-01-01T00:00:00Z");
const NEW = datedImage("new", "2026-01-01T00:00:00Z");
const [old, older] = [OLD.root.descriptor, OLDER.root.descriptor];

/** A request to the registry, in short: `GET tags`, `HEAD manifest v1`. */
type Fits = (request: ServedRequest, count: number) => boolean;

/**
 * Images v1 (older), v2 (old) and v3 (new) with `prod` on v3, in a registry where `change` happens
 * once, before the request that fits.
 */
async function pruned(
  { fits, change }: { readonly fits: Fits; readonly change: (app: RegistryStore) => Promise<unknown> },
  args: readonly string[] = ["--keep", "1", "--match", "v*"],
): Promise<{
  readonly app: RegistryStore;
  readonly bench: Workbench;
  readonly log: readonly string[];
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}> {
  const bench = await Workbench.open();
  const log: string[] = [];
  const counts = new Map<string, number>();
  let state: "seeding" | "waiting" | "done" = "seeding";
  const server = await bench.serve(async (request, next) => {
    if (state === "seeding") return next();
    const name = `${request.method} ${request.path}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    log.push(name);
    if (state === "waiting" && fits(request, counts.get(name) ?? 0)) {
      state = "done";
      const length = log.length;
      await change(app);
      log.length = length;
    }
    return next();
  });
  const app = bench.repository(server, "app");
  await seed(app, OLDER, "v1");
  await seed(app, OLD, "v2");
  await seed(app, NEW, "v3");
  await app.tag(await app.resolve("v3"), "prod");
  state = "waiting";
  const run = await bench.run(["prune", `${server.address}/app`, ...args]);
  return { ...run, app, bench, log };
}

/** When all is read, and right before the tags are listed for the second time. */
const secondList: Fits = ({ method, path }, count) => method === "GET" && path.endsWith("/tags/list") && count === 2;

async function names(app: RegistryStore): Promise<readonly string[]> {
  return (await Array.fromAsync(app.tags())).toSorted();
}

describe("tranship prune of a repository that changes meanwhile", () => {
  it("lists the tags again and asks for each before each few deletions, and once more right before its manifest is deleted", async () => {
    const { log, bench, code } = await pruned({ fits: () => false, change: async () => {} });
    await using _ = bench;
    expect(code).toBe(0);
    const after = log.slice(log.indexOf("GET /v2/app/tags/list", log.indexOf("GET /v2/app/tags/list") + 1));
    const looks = (...tags: readonly string[]) => tags.map((tag) => `HEAD /v2/app/manifests/${tag}`);
    // Each of the two deletions has a look of its own, and a HEAD right before it.
    expect(after.slice(0, 1)).toEqual(["GET /v2/app/tags/list"]);
    expect(after.slice(1, 5).toSorted()).toEqual(looks("prod", "v1", "v2", "v3"));
    expect(after.slice(5, 8)).toEqual([
      ...looks("v1"),
      `DELETE /v2/app/manifests/${older.digest}`,
      "GET /v2/app/tags/list",
    ]);
    expect(after.slice(8, 11).toSorted()).toEqual(looks("prod", "v2", "v3"));
    expect(after.slice(11)).toEqual([...looks("v2"), `DELETE /v2/app/manifests/${old.digest}`]);
  });

  it.each<[string, (app: RegistryStore) => Promise<unknown>, RegExp]>([
    ["a tag was moved onto its digest", (app) => app.tag(older, "prod"), /tag "prod" was put on it meanwhile/],
    ["a new tag was put on its digest", (app) => app.tag(older, "stable"), /tag "stable" was put on it meanwhile/],
    [
      "its tag was moved",
      async (app) => app.tag(await app.resolve("v3"), "v1"),
      /its tag "v1" was moved or deleted meanwhile/,
    ],
    ["its tag was deleted", (app) => app.untag("v1"), /its tag "v1" was moved or deleted meanwhile/],
    [
      "an index that lists it was pushed",
      (app) => seed(app, indexOf([{ sample: OLDER }], { seed: "multi" }), "multi"),
      /"multi" \(sha256:\S+\) needs it/,
    ],
    [
      "an index of an index that lists it was pushed",
      (app) => {
        const inner = indexOf([{ sample: OLDER }], { seed: "inner" });
        return seed(app, indexOf([{ sample: inner }], { seed: "outer" }), "outer");
      },
      /sha256:\S+ needs it\n/,
    ],
    [
      "something with a tag that is about it was pushed",
      async (app) => app.tag(await seed(app, sampleArtifact({ subject: older })), "attached"),
      /"attached" \(sha256:\S+\) needs it/,
    ],
    [
      "a tag was moved to an index that lists it",
      (app) => seed(app, indexOf([{ sample: OLDER }], { seed: "multi" }), "prod"),
      /"prod" \(sha256:\S+\) needs it/,
    ],
  ])("keeps an image where %s, and deletes the rest", async (_, change, why) => {
    const { app, bench, code, stdout, stderr } = await pruned({ fits: secondList, change });
    await using _bench = bench;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(why);
    expect(stdout).toContain("Deleted 1 manifest with 1 tag of ");
    expect(stdout).toContain("1 not deleted, since the repository has changed meanwhile\n");
    expect(await app.has(older)).toBe(true);
    expect(await app.has(old)).toBe(false);
    for (const tag of await names(app)) await app.open(tag);
  });

  it("counts again: where the newest was deleted meanwhile, the next one is kept", async () => {
    const args = ["--keep", "1"];
    const change = async (app: RegistryStore) => app.delete(NEW.root.descriptor);
    const { app, bench, stdout } = await pruned({ fits: secondList, change }, args);
    await using _ = bench;
    expect(stdout).toMatch(/^keep +\S+ +v2 +2025-01-01 +it is one of the newest now$/m);
    expect(await names(app)).toEqual(["v2"]);
  });

  it("keeps an image whose tag was moved after the second list, right before its DELETE", async () => {
    const fits: Fits = ({ method, path }, count) => method === "HEAD" && path.endsWith("/manifests/v1") && count === 2;
    const change = async (app: RegistryStore) => app.tag(await app.resolve("v3"), "v1");
    const { app, bench, stdout, code } = await pruned({ fits, change });
    await using _ = bench;
    expect(code).toBe(0);
    expect(stdout).toMatch(/its tag "v1" was moved to sha256:/);
    expect(await app.has(older)).toBe(true);
    expect(await names(app)).toEqual(["prod", "v1", "v3"]);
  });

  it("keeps an image that got a tag while another one was deleted", async () => {
    const fits: Fits = ({ method }) => method === "DELETE";
    const { app, bench, stdout, code } = await pruned({ fits, change: (store) => store.tag(old, "prod") });
    await using _ = bench;
    expect(code).toBe(0);
    expect(stdout).toMatch(/tag "prod" was put on it meanwhile/);
    expect(await names(app)).toEqual(["prod", "v2", "v3"]);
  });

  it("finds a manifest deleted that somebody else has deleted meanwhile", async () => {
    const { app, bench, stdout, code } = await pruned({ fits: secondList, change: (store) => store.delete(older) });
    await using _ = bench;
    expect(code).toBe(0);
    expect(stdout).toContain("Deleted 2 manifests with 2 tags of ");
    expect(await names(app)).toEqual(["prod", "v3"]);
  });

  it("keeps what belongs to a kept image: the images of an index, and what is signed below it", async () => {
    const index = sampleIndex({ seed: "multi" });
    const [first] = index.manifests as unknown as readonly { readonly descriptor: Descriptor }[];
    await using bench = await Workbench.open();
    let isWaiting = false;
    let lists = 0;
    const server = await bench.serve(async (request, next) => {
      if (request.path.endsWith("/tags/list")) lists += 1;
      if (isWaiting && lists === 2) {
        isWaiting = false;
        await app.tag(index.root.descriptor, "prod");
      }
      return next();
    });
    const app = bench.repository(server, "app");
    await seed(app, index, "v1");
    await seed(app, sampleArtifact({ subject: first?.descriptor as Descriptor }));
    await seed(app, NEW, "v3");
    isWaiting = true;
    const run = await bench.run(["prune", `${server.address}/app`, "--older-than", "1d", "--match", "v*", "--json"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const { ok, deletions } = JSON.parse(run.stdout);
    expect(ok).toBe(true);
    const kept = deletions.filter(({ outcome }: { outcome: string }) => outcome === "kept");
    expect(kept.map(({ tags }: { tags: string[] }) => tags)).toEqual([["v1"], [], [], []]);
    for (const { descriptor } of index.manifests) expect(await app.has(descriptor)).toBe(true);
    expect(await Array.fromAsync(app.referrers(first?.descriptor as Descriptor))).toHaveLength(1);
  });

  it.each([
    ["fails", 403, {}],
    ["may lack tags", 200, { link: "<" }],
  ])("deletes nothing where the second list %s, and exits with 1", async (_, status, headers) => {
    await using bench = await Workbench.open();
    let lists = 0;
    let isWaiting = false;
    const log: string[] = [];
    const server = await bench.serve(async (request, next) => {
      if (isWaiting) log.push(request.method);
      if (isWaiting && request.path.endsWith("/tags/list")) lists += 1;
      if (lists < 2 || !request.path.endsWith("/tags/list")) return next();
      return {
        status,
        headers: { "content-type": "application/json", ...headers },
        body: '{"name":"app","tags":["v1"]}',
      };
    });
    const app = bench.repository(server, "app");
    await seed(app, OLDER, "v1");
    await seed(app, NEW, "v3");
    isWaiting = true;
    const run = await bench.run(["prune", `${server.address}/app`, "--keep", "1"]);
    expect(run.code).toBe(1);
    expect(run.stderr).not.toBe("");
    expect(log).not.toContain("DELETE");
    isWaiting = false;
    lists = 0;
    expect(await names(app)).toEqual(["v1", "v3"]);
  });

  it("looks at nothing again with --dry-run", async () => {
    const { log, bench } = await pruned({ fits: () => false, change: async () => {} }, ["--keep", "1", "--dry-run"]);
    await using _ = bench;
    expect(log.filter((line) => line === "GET /v2/app/tags/list")).toHaveLength(1);
    expect(log.filter((line) => !line.startsWith("GET"))).toEqual([]);
  });
});

describe("tranship prune of signatures", () => {
  it("keeps something with a tag that is about what has no tag and is there", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const app = bench.repository(server, "app");
    await seed(app, OLDER);
    const sbom = await seed(app, sampleArtifact({ subject: older }));
    await app.tag(sbom, "v1-sbom");
    await seed(app, NEW, "v3");
    const run = await bench.run(["prune", `${server.address}/app`, "--older-than", "0d", "--keep", "1"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(await names(app)).toContain("v1-sbom");
    expect(await app.has(older)).toBe(true);
  });
});
