import { type Digest, openLayout, type RegistryStore } from "@tranship/core";
import { describe, expect, it } from "vitest";
import type { AcrFake } from "../acr/acr-fake.ts";
import { acrRequest } from "../acr/acr-request.ts";
import { pushImage, textImage } from "../acr/push-image.ts";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { datedImage } from "../support/dated-image.ts";
import { indexOf, sampleArtifact, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const DAYS = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"] as const;
const [ONE, TWO, THREE, FOUR] = DAYS.map((day) => datedImage(day, `${day}T10:00:00Z`));

function digestTag(digest: Digest): string {
  return `${digest.replace(":", "-")}.sig`;
}

/** Four images with tags v1 to v4, the oldest first. */
async function seedFour(store: Pick<RegistryStore, "push" | "name" | "has" | "resolve" | "tag">): Promise<void> {
  // Not in the order of their age: that of the list must not count.
  for (const [tag, image] of [
    ["v3", THREE],
    ["v1", ONE],
    ["v4", FOUR],
    ["v2", TWO],
  ] as const) {
    if (image !== undefined) await seed(store, image, tag);
  }
}

async function tagsOf(store: { tags(): AsyncIterable<string> }): Promise<readonly string[]> {
  return (await Array.fromAsync(store.tags())).toSorted();
}

describe("tranship prune", () => {
  it("shows with --dry-run what the run then does, in the same lines, and keeps the newest", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const app = bench.repository(server, "app");
    await seedFour(app);
    const dry = await bench.run(["prune", `${server.address}/app`, "--keep", "2", "--dry-run"]);
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(dry.stdout).toMatch(new RegExp(`^delete +${TWO?.root.descriptor.digest} +v2 +2026-01-02 +`, "m"));
    expect(dry.stdout).toMatch(/^keep +\S+ +v4 +2026-01-04 +one of the newest$/m);
    expect(dry.stdout).toMatch(/Would delete 2 manifests with 2 tags of \S+\/app; 2 kept\n$/);
    expect(await tagsOf(app)).toEqual(["v1", "v2", "v3", "v4"]);
    const run = await bench.run(["prune", `${server.address}/app`, "--keep", "2"]);
    expect(run).toEqual({ code: 0, stdout: dry.stdout.replace("Would delete", "Deleted"), stderr: "" });
    expect(await tagsOf(app)).toEqual(["v3", "v4"]);
    const again = await bench.run(["prune", `${server.address}/app`, "--keep", "2"]);
    expect(again.stdout).toMatch(/Deleted 0 manifests with 0 tags of \S+\/app; 2 kept\n$/);
  });

  it("prunes a layout, by age", async () => {
    await using bench = await Workbench.open();
    const layout = await openLayout(bench.path("layout"), { create: true });
    await seed(layout, datedImage("new", new Date(Date.now() - 3_600_000).toISOString()), "new");
    await seed(layout, datedImage("unset", "1970-01-01T00:00:00Z"), "reproducible");
    await seed(layout, datedImage("old", "2020-01-01T00:00:00Z"), "old");
    const run = await bench.run(["prune", "oci:layout", "--older-than", "30d", "-q"]);
    expect(run).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await tagsOf(layout)).toEqual(["new", "reproducible"]);
  });

  it("deletes an index with its images, referrers and signature, but for what a kept one needs", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const app = bench.repository(server, "app");
    const image = (name: string, day: string) => datedImage(name, `${day}T00:00:00Z`);
    const [own, shared] = [image("own", DAYS[0]), image("shared", DAYS[0])];
    const old = indexOf([{ sample: own }, { sample: shared }], { seed: "old" });
    const kept = indexOf([{ sample: image("new", DAYS[3]) }, { sample: shared }], { seed: "new" });
    await seed(app, old, "v1");
    await seed(app, kept, "v2");
    const sboms = [own, shared].map(({ root }) =>
      sampleArtifact({ subject: root.descriptor, seed: root.descriptor.digest }),
    );
    for (const sbom of sboms) await seed(app, sbom);
    const signatures = [old, kept].map(({ root }) => ({
      tag: digestTag(root.descriptor.digest),
      sample: datedImage(`signature of ${root.descriptor.digest}`, undefined),
    }));
    for (const { tag, sample } of signatures) await seed(app, sample, tag);
    const run = await bench.run(["prune", "--json", `${server.address}/app`, "--keep", "1"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const gone = [old, own, sboms[0], signatures[0]?.sample].map((sample) => sample?.root.descriptor.digest);
    const { deletions, ...rest } = JSON.parse(run.stdout);
    expect(rest).toMatchObject({ repository: `${server.address}/app`, dryRun: false, ok: true, locked: [] });
    const deleted = deletions.map(({ digest }: { readonly digest: string }) => digest);
    expect(deleted.toSorted()).toEqual(gone.toSorted());
    expect(deleted[0]).toBe(old.root.descriptor.digest);
    expect(await tagsOf(app)).toEqual([signatures[1]?.tag, "v2"].toSorted());
    for (const { descriptor } of kept.manifests) expect(await app.has(descriptor)).toBe(true);
    expect(await Array.fromAsync(app.referrers(shared.root.descriptor))).toHaveLength(1);
  });

  it("considers only tags that match, and images with another tag stay", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const app = bench.repository(server, "app");
    await seedFour(app);
    if (ONE !== undefined) await seed(app, ONE, "stable");
    const run = await bench.run(["prune", `${server.address}/app`, "--keep", "1", "--match", "v[123]"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(await tagsOf(app)).toEqual(["stable", "v1", "v3", "v4"]);
  });

  it("says that --match matches nothing, and that what goes by age is older", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await seedFour(bench.repository(server, "app"));
    const repository = `${server.address}/app`;
    const none = await bench.run(["prune", repository, "--keep", "1", "--match", "nightly-*"]);
    const notice = `tranship: notice: --match "nightly-*" matches no tag of ${repository}\n`;
    expect(none).toMatchObject({ code: 0, stderr: notice });
    const old = await bench.run(["prune", repository, "--older-than", "0d", "--keep", "3", "--dry-run"]);
    expect(old.stdout).toMatch(/^delete +\S+ +v1 +2026-01-01 +older than 0d$/m);
  });

  it("shows as many rows as it counts, of what has no tag too", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await seed(
      bench.repository(server, "app"),
      indexOf([{ sample: datedImage("child", "2026-01-01T00:00:00Z") }]),
      "v1",
    );
    const run = await bench.run(["prune", `${server.address}/app`, "--keep", "1"]);
    expect(run.stdout).toMatch(/; 2 kept\n$/);
    expect(run.stdout.match(/^keep /gm)).toHaveLength(2);
  });

  it("does the rest where one can't be deleted, leaves what that one needs, and exits with 1", async () => {
    await using bench = await Workbench.open();
    const index = indexOf([{ sample: datedImage("child", "2025-01-01T00:00:00Z") }]);
    const server = await bench.serve(async (request, next) =>
      request.method === "DELETE" && request.path.endsWith(index.root.descriptor.digest)
        ? { status: 403, body: JSON.stringify({ errors: [{ code: "DENIED", message: "it is in use" }] }) }
        : next(),
    );
    const app = bench.repository(server, "app");
    await seed(app, index, "v0");
    await seedFour(app);
    const run = await bench.run(["prune", `${server.address}/app`, "--keep", "1"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^tranship: Cannot delete "sha256:[^\n]*it is in use[^\n]*\n$/);
    expect(run.stdout).toMatch(/Deleted 3 manifests with 3 tags of \S+; 1 kept; 1 failed; 1 left, [^\n]*\n$/);
    expect(await tagsOf(app)).toEqual(["v0", "v4"]);
    for (const { descriptor } of index.manifests) expect(await app.has(descriptor)).toBe(true);
    const json = await bench.run(["prune", "--json", `${server.address}/app`, "--keep", "1"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      deletions: [
        { outcome: "failed", error: { code: "DENIED" } },
        { outcome: "left", because: index.root.descriptor.digest },
      ],
    });
  });

  it.each<readonly [what: string, path: RegExp]>([
    ["the list of tags ends early", /\/tags\/list$/],
    ["a manifest can't be read", /\/manifests\/v2$/],
    ["a list of referrers can't be read", /\/referrers\//],
    ["a config can't be read", /\/blobs\//],
  ])("deletes nothing where %s", async (_what, path) => {
    await using bench = await Workbench.open();
    let broken = false;
    const server = await bench.serve(async (request, next) => {
      if (!broken || request.method !== "GET" || !path.test(request.path)) return next();
      if (!request.path.endsWith("/tags/list")) return { status: 403, body: "{}" };
      // The first page is good, and the one after it is not.
      if (request.query.has("last")) return { status: 403, body: "{}" };
      const headers = { "content-type": "application/json", link: '</v2/app/tags/list?last=v2>; rel="next"' };
      return { status: 200, headers, body: JSON.stringify({ name: "app", tags: ["v1", "v2"] }) };
    });
    const app = bench.repository(server, "app");
    await seedFour(app);
    broken = true;
    const run = await bench.run(["prune", `${server.address}/app`, "--keep", "1"]);
    expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^tranship: Cannot [^\n]*\n$/) });
    broken = false;
    expect(await tagsOf(app)).toEqual(["v1", "v2", "v3", "v4"]);
  });

  it.each<readonly [args: readonly string[], says: RegExp]>([
    [["REPO"], /--keep N, --older-than AGE/],
    [["REPO", "--untagged"], /--keep N, --older-than AGE/],
    [["REPO", "--keep", "0"], /from 1 to/],
    [["REPO", "--older-than", "30"], /Bad age "30"/],
    [["REPO", "--keep", "1", "--match", ""], /the glob is empty/],
    [["REPO", "--keep", "1", "--untagged"], /only Azure Container Registry can/],
    [["REPO", "--keep", "1", "--unlock"], /only Azure Container Registry has/],
    [["REPO", "--older-than", "0d"], /--keep N/],
    [["REPO", "--keep", "1", "--match", "["], /Bad --match "\["/],
    [["REPO", "--keep", "1", "--match", "{a,b"], /Bad --match "\{a,b"/],
    [["REPO", "--keep", "1", "--match", "@(a"], /Bad --match "@\(a"/],
    [["REPO:v1", "--keep", "1"], /write "127\.0\.0\.1:1\/app"/],
    [["oci:none", "--keep", "1"], /none/],
  ])("refuses %j with exit 2", async (args, says) => {
    await using bench = await Workbench.open();
    const run = await bench.run(["prune", ...args.map((arg) => arg.replace(/^REPO/, "127.0.0.1:1/app"))]);
    expect(run).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(/^tranship: [^\n]+\n$/) });
    expect(run.stderr).toMatch(says);
  });
});

describe("tranship prune, on Azure Container Registry", () => {
  const images = ["one", "two", "three", "four"].map((text) => textImage(text));

  async function filled(fake: AcrFake): Promise<void> {
    for (const [at, image] of images.entries()) await pushImage(fake, "app", image, [`v${at + 1}`]);
    await pushImage(fake, "app", textImage("untagged"));
  }
  function prune(bench: Workbench, fake: AcrFake, ...flags: readonly string[]): ReturnType<Workbench["run"]> {
    const access = ["--ca", fake.caFile, "--creds", `${fake.adminUser}:${fake.adminPassword}`];
    const env = { TRANSHIP_ACR_HOSTS: fake.host };
    return bench.run(["prune", `${fake.host}/app`, ...access, ...flags], { env });
  }
  async function change(fake: AcrFake, path: string, attributes: object): Promise<void> {
    const body = Buffer.from(JSON.stringify(attributes));
    const headers = { "content-type": "application/json" };
    expect((await acrRequest(fake, path, { method: "PATCH", headers, body })).status).toBe(200);
  }
  async function left(fake: AcrFake): Promise<readonly string[]> {
    const { body } = await acrRequest(fake, "/acr/v1/app/_manifests?n=100");
    const { manifests } = JSON.parse(body.toString());
    return manifests.map(({ tags }: { readonly tags?: readonly string[] }) => tags?.[0] ?? "-").toSorted();
  }

  it("keeps the newest by the registry's own times, untagged ones too unless told to delete them", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake({ pageSize: 2 });
    await filled(fake);
    expect(await prune(bench, fake, "--keep", "3")).toMatchObject({ code: 0, stderr: "" });
    expect(await left(fake)).toEqual(["-", "v2", "v3", "v4"]);
    expect(await prune(bench, fake, "--keep", "3", "--untagged")).toMatchObject({ code: 0, stderr: "" });
    expect(await left(fake)).toEqual(["v2", "v3", "v4"]);
    // The registry says how old each is: no config is read.
    expect(fake.requests.filter(({ method, path }) => method === "GET" && path.includes("/blobs/"))).toEqual([]);
  });

  it("reports and skips what is locked, by its digest or a tag, and unlocks it only when told to", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake();
    await filled(fake);
    await change(fake, "/acr/v1/app/_tags/v1", { writeEnabled: false });
    await change(fake, `/acr/v1/app/_manifests/${images[1]?.digest}`, { deleteEnabled: false });
    const run = await prune(bench, fake, "--keep", "1");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^locked +\S+ +v1 +\S+ +locked: tag v1$/m);
    expect(run.stdout).toMatch(/^locked +\S+ +v2 +\S+ +locked: manifest$/m);
    expect(run.stdout).toMatch(/; 2 locked \(--unlock/);
    expect(await left(fake)).toEqual(["-", "v1", "v2", "v4"]);
    const before = fake.requests.length;
    expect(await prune(bench, fake, "--keep", "1", "--unlock", "--dry-run")).toMatchObject({ code: 0, stderr: "" });
    expect(fake.requests.slice(before).some(({ method }) => method === "PATCH" || method === "DELETE")).toBe(false);
    expect(await prune(bench, fake, "--keep", "1", "--unlock")).toMatchObject({ code: 0, stderr: "" });
    expect(await left(fake)).toEqual(["-", "v4"]);
  });

  it("lists again what there is, reads nothing twice, and keeps what got a tag meanwhile", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake();
    await filled(fake);
    const [first] = images;
    const lists = (): number => fake.requests.filter(({ path }) => path.endsWith("/app/_manifests")).length;
    fake.behaviour.intercept = async (request, next) => {
      if (lists() === 1 && request.path.endsWith("/app/_manifests")) {
        fake.behaviour.intercept = undefined;
        if (first !== undefined) await pushImage(fake, "app", first, ["prod"]);
      }
      return next();
    };
    const before = fake.requests.length;
    const run = await prune(bench, fake, "--keep", "1", "--match", "v*");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^keep +\S+ +v1 +\S+ +tag "prod" was put on it meanwhile$/m);
    expect(await left(fake)).toEqual(["-", "prod", "v4"]);
    const read = fake.requests
      .slice(before)
      .filter(({ method, path }) => method === "GET" && /manifests\/sha/.test(path));
    expect(new Set(read.map(({ path }) => path)).size).toBe(read.length);
  });

  it("keeps what was moved while it was unlocked, says so, and exits with 1", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake();
    await filled(fake);
    await change(fake, "/acr/v1/app/_tags/v1", { deleteEnabled: false });
    fake.behaviour.intercept = async (request, next) => {
      const answer = await next();
      if (request.method !== "PATCH") return answer;
      fake.behaviour.intercept = undefined;
      await pushImage(fake, "app", textImage("another"), ["v1"]);
      return answer;
    };
    const run = await prune(bench, fake, "--keep", "3", "--unlock");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('its tag "v1" was moved or deleted while it was unlocked; it is unlocked now');
    expect(await left(fake)).toHaveLength(6);
  });

  it("deletes nothing where the repository is locked, or hides manifests", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake();
    await filled(fake);
    await change(fake, "/acr/v1/app", { deleteEnabled: false });
    const locked = await prune(bench, fake, "--keep", "1");
    expect(locked).toMatchObject({ code: 1, stdout: "" });
    expect(locked.stderr).toMatch(/^tranship: Cannot prune "[^\n]*unlock it with: tranship acr unlock [^\n]*\n$/);
    await change(fake, "/acr/v1/app", { deleteEnabled: true });
    await change(fake, `/acr/v1/app/_manifests/${images[1]?.digest}`, { listEnabled: false });
    const hidden = await prune(bench, fake, "--keep", "1");
    expect(hidden).toMatchObject({ code: 1, stdout: "" });
    expect(hidden.stderr).toMatch(/^tranship: Cannot prune "[^\n]*lists 4 of 5 manifests[^\n]*\n$/);
    expect(await left(fake)).toEqual(["-", "v1", "v3", "v4"]);
  });
});
