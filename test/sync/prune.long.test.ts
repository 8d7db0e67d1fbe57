import { readFile, writeFile } from "node:fs/promises";
import type { SyncPlan, SyncResult } from "@tranship/copy";
import { type Descriptor, Registry, type RegistryStore } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { acrRequest } from "../acr/acr-request.ts";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import type { CommandRun } from "../cli/run-command.ts";
import { Workbench } from "../cli/workbench.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { datedImage } from "../support/dated-image.ts";
import { indexOf, sampleArtifact, sampleImage, sampleIndex, seed } from "../support/sample-image.ts";

const TAGS = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"];

interface Setup {
  readonly bench: Workbench;
  readonly source: RegistryStore;
  readonly target: RegistryStore;
  /** Its host. */
  readonly to: string;
  readonly images: ReadonlyMap<string, Descriptor>;
}

/** Six images, mirrored; the first and the fourth are signed by tag, the last has a referrer. */
async function mirrored(
  bench: Workbench,
  to: string,
  target: RegistryStore,
  flags: readonly string[] = [],
): Promise<Setup> {
  const from = await bench.serve();
  const source = bench.repository(from, "app");
  const images = new Map<string, Descriptor>();
  for (const tag of TAGS) images.set(tag, await seed(source, sampleIndex({ seed: tag }), tag));
  for (const tag of ["1.0.0", "1.3.0"])
    await seed(source, sampleImage({ seed: `of ${tag}` }), signatureOf(images, tag));
  await seed(source, sampleArtifact({ subject: imageOf(images, "1.5.0") }));
  const entry = { from: `${from.address}/app`, to: `${to}/mirror/app`, referrers: true, cosignTags: true, prune: true };
  const keeping = (newest: number) => ({ ...entry, tags: { semver: ">=1", newest } });
  // Two files with one name are one: what the first has written is the second one's own.
  for (const newest of [6, 3]) {
    const file = { version: 1, name: "keep", mirrors: [keeping(newest)] };
    await writeFile(bench.path(`keep-${newest}.yaml`), JSON.stringify(file));
  }
  expect(await bench.run(["sync", "-f", "keep-6.yaml", ...flags])).toMatchObject({ code: 0, stderr: "" });
  return { bench, source, target, to, images };
}

function imageOf(images: ReadonlyMap<string, Descriptor>, tag: string): Descriptor {
  const image = images.get(tag);
  if (image === undefined) throw new Error(`No image ${tag}`);
  return image;
}

function signatureOf(images: ReadonlyMap<string, Descriptor>, tag: string): string {
  return `${imageOf(images, tag).digest.replace(":", "-")}.sig`;
}

/** The tags that somebody chose, and cosign's. */
async function tagsOf(store: RegistryStore): Promise<readonly string[]> {
  const tags = await Array.fromAsync(store.tags());
  return tags.filter((tag) => !/^sha256-[0-9a-f]+$/.test(tag)).toSorted();
}

function resultOf({ stdout }: CommandRun): SyncResult {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

/** Another tag for the second image, and an index of the third, both of somebody else. */
async function useOldImages({ target, images }: Setup): Promise<void> {
  await target.tag(imageOf(images, "1.1.0"), "pinned");
  const third = sampleIndex({ seed: "1.2.0" });
  await seed(target, indexOf([{ sample: third }], { seed: "bundle" }), "bundle");
}

/** What is left where tags can be deleted alone. */
async function prunesTags(setup: Setup): Promise<void> {
  const { bench, target, images } = setup;
  await useOldImages(setup);
  const dry = await bench.run(["sync", "-f", "keep-3.yaml", "--dry-run"]);
  expect(dry).toMatchObject({ code: 0, stderr: "" });
  for (const tag of ["1.0.0", "1.1.0", "1.2.0"]) {
    expect(dry.stdout).toMatch(new RegExp(`delete +\\S+/mirror/app:${tag.replaceAll(".", "\\.")} +unselected`));
  }
  expect(dry.stdout).toMatch(/delete +\S+\/mirror\/app:sha256-\S+\.sig +follows/);
  expect(await tagsOf(target)).toHaveLength(10);

  const run = await bench.run(["sync", "-f", "keep-3.yaml", "--json"]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(resultOf(run)).toMatchObject({ ok: true, outcomes: { deleted: 4, kept: 0, failed: 0 } });
  const events = run.stdout.split("\n").filter((line) => line.startsWith('{"type":"deleted"'));
  expect(events.map((line) => JSON.parse(line).reference).toSorted()).toEqual(
    ["1.0.0", "1.1.0", "1.2.0", signatureOf(images, "1.0.0")].toSorted(),
  );
  expect(await tagsOf(target)).toEqual(
    ["1.3.0", "1.4.0", "1.5.0", "bundle", "pinned", signatureOf(images, "1.3.0")].toSorted(),
  );
  await allIsThere(setup);
  const again = resultOf(await bench.run(["sync", "-f", "keep-3.yaml", "--json"]));
  expect(again.outcomes).toMatchObject({ copied: 0, deleted: 0, kept: 0, failed: 0 });
}

/** What is to stay can be read whole, referrers too. */
async function allIsThere({ bench, target, to, images }: Setup): Promise<void> {
  for (const tag of ["1.3.0", "1.4.0", "1.5.0", "pinned", "bundle"]) {
    const verified = await bench.run(["verify", `${to}/mirror/app:${tag}`, `${to}/mirror/app:${tag}`, "--deep"]);
    expect(verified).toMatchObject({ code: 0, stderr: "" });
  }
  expect(await Array.fromAsync(target.referrers(imageOf(images, "1.5.0")))).toHaveLength(1);
}

describe("tranship sync with prune, to tranship serve", () => {
  it("deletes nothing where images say nowhere how old they are", async () => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve()];
    const source = bench.repository(from, "app");
    for (const tag of ["v1", "v2", "v3"]) await seed(source, datedImage(tag, undefined), tag);
    const mirror = { from: `${from.address}/app`, to: `${to.address}/app`, prune: true };
    const writing = (tags: object) =>
      writeFile(bench.path("m.yaml"), JSON.stringify({ version: 1, mirrors: [{ ...mirror, tags }] }));
    await writing({ glob: "v*" });
    expect(await bench.run(["sync", "-f", "m.yaml"])).toMatchObject({ code: 0 });

    await writing({ glob: "v*", newest: 1, by: "created" });
    const run = await bench.run(["sync", "-f", "m.yaml"]);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain("3 tags have no time: v1, v2, v3, and are not chosen");
    expect(run.stderr).toMatch(/Nothing is deleted at \S+: 3 tags have no time/);
    expect(await tagsOf(bench.repository(to, "app"))).toEqual(["v1", "v2", "v3"]);
  });

  it("deletes tags alone", async () => {
    await using bench = await Workbench.open();
    const to = await bench.serve();
    await prunesTags(await mirrored(bench, to.address, bench.repository(to, "mirror/app")));
  });

  it("deletes what was planned and no more, and refuses what has moved since", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const setup = await mirrored(bench, server.address, bench.repository(server, "mirror/app"));
    const { target, images } = setup;
    expect(await bench.run(["plan", "-f", "keep-3.yaml", "-o", "plan.json"])).toMatchObject({ code: 0, stderr: "" });
    const plan: SyncPlan = JSON.parse(await readFile(bench.path("plan.json"), "utf8"));
    const planned = plan.images.filter(({ action }) => action === "delete");
    expect(planned.map(({ targetTag, reason, there }) => [targetTag, reason, there])).toEqual([
      ["1.0.0", "unselected", imageOf(images, "1.0.0").digest],
      ["1.1.0", "unselected", imageOf(images, "1.1.0").digest],
      ["1.2.0", "unselected", imageOf(images, "1.2.0").digest],
      [signatureOf(images, "1.0.0"), "follows", expect.stringMatching(/^sha256:/)],
    ]);
    await target.tag(imageOf(images, "1.4.0"), "1.1.0");

    const run = await bench.run(["apply", "plan.json"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(
      /app:1\.1\.0: Cannot delete "\S+:1\.1\.0": it was "sha256:\S+ when this was planned, and is "sha256:\S+ now/,
    );
    expect(run.stdout).toMatch(/kept +\S+: sha256-\S+\.sig: "1\.1\.0" was not deleted/);
    expect(await tagsOf(target)).toEqual(
      ["1.1.0", "1.3.0", "1.4.0", "1.5.0", signatureOf(images, "1.0.0"), signatureOf(images, "1.3.0")].toSorted(),
    );
  });

  it("deletes nothing over the limit, exits with 1, and takes another one from --max-delete", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { target } = await mirrored(bench, server.address, bench.repository(server, "mirror/app"));
    const before = await tagsOf(target);
    const over = await bench.run(["sync", "-f", "keep-3.yaml", "--max-delete", "3"]);
    expect(over.code).toBe(1);
    expect(over.stderr).toContain("4 tags would be deleted");
    expect(over.stderr).toContain("say --max-delete 4");
    expect(await tagsOf(target)).toEqual(before);
    expect(await bench.run(["plan", "-f", "keep-3.yaml", "--max-delete", "3"])).toMatchObject({ code: 1 });
    const within = await bench.run(["sync", "-f", "keep-3.yaml", "--max-delete", "4"]);
    expect(within).toMatchObject({ code: 0, stderr: "" });
    expect(within.stdout).toContain("4 deleted");
    expect(within.stdout).toMatch(/ {2}deleted {3}\S+\/mirror\/app: 1\.0\.0, 1\.1\.0, 1\.2\.0, sha256-\S+\.sig\n/);
  });

  it("deletes nothing where two mirrors write, nor where the source has shrunken by half", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { source, target } = await mirrored(bench, server.address, bench.repository(server, "mirror/app"));
    const file = JSON.parse(await readFile(bench.path("keep-3.yaml"), "utf8"));
    const [entry] = file.mirrors;
    const other = { from: `${entry.from}:1.0.0`, to: `${entry.to}:extra` };
    await writeFile(bench.path("two.yaml"), JSON.stringify({ ...file, mirrors: [entry, other] }));
    const two = await bench.run(["sync", "-f", "two.yaml", "--dry-run"]);
    expect(two.stdout).toMatch(
      /note +Nothing is deleted at \S+: mirrors\[1\] \(line 1, from \S+\) is written there too/,
    );

    for (const tag of ["1.3.0", "1.4.0", "1.5.0"]) await source.untag(tag);
    const half = await bench.run(["sync", "-f", "keep-3.yaml"]);
    expect(half.code).toBe(0);
    expect(half.stderr).toContain("lists 3 of these tags where the target has 6");
    expect((await tagsOf(target)).length).toBe(8);
    const allowed = await bench.run(["sync", "-f", "keep-3.yaml", "--allow-shrunken"]);
    expect(allowed).toMatchObject({ code: 0 });
    expect(await tagsOf(target)).toEqual(expect.arrayContaining(["1.0.0", "1.1.0", "1.2.0"]));
    expect(await tagsOf(target)).not.toContain("1.5.0");
  });
});

describePeers("tranship sync with prune, to distribution 3.1", ["registry"], (peers) => {
  it("deletes tags alone", async () => {
    await using bench = await Workbench.open();
    await using to = await startDistribution(peers.registry);
    await using registry = new Registry({ host: to.host, plainHttp: true });
    await prunesTags(await mirrored(bench, to.host, registry.repository("mirror/app")));
  });
});

describePeers("tranship sync with prune, to distribution 2.8", ["docker-registry"], (peers) => {
  it("deletes manifests that nothing else needs, and keeps the tags of the others", async () => {
    await using bench = await Workbench.open();
    await using to = await startDistribution(peers["docker-registry"]);
    await using registry = new Registry({ host: to.host, plainHttp: true });
    const setup = await mirrored(bench, to.host, registry.repository("mirror/app"));
    const { target, images } = setup;
    await useOldImages(setup);

    const run = await bench.run(["sync", "-f", "keep-3.yaml"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain("2 deleted, 2 kept");
    expect(run.stdout).toMatch(
      /kept +\S+\/mirror\/app: 1\.1\.0: the registry deletes by digest only, and "pinned" has the same digest/,
    );
    expect(run.stdout).toMatch(
      /kept +\S+\/mirror\/app: 1\.2\.0: the registry deletes by digest only, and "bundle" needs its digest/,
    );
    expect(await tagsOf(target)).toEqual(
      ["1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "bundle", "pinned", signatureOf(images, "1.3.0")].toSorted(),
    );
    expect(await target.has(imageOf(images, "1.0.0"))).toBe(false);
    await allIsThere(setup);
  });
});

describe("tranship sync with prune, to Azure Container Registry", () => {
  it("deletes tags by its own API, and leaves what is locked", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake();
    await using registry = new Registry({
      host: fake.host,
      tls: { ca: [await readFile(fake.caFile, "utf8")] },
      credentials: async () => ({ kind: "basic", username: fake.adminUser, password: fake.adminPassword }),
    });
    const env = { ADMIN: fake.adminPassword };
    const target = registry.repository("mirror/app");
    const from = await bench.serve();
    const source = bench.repository(from, "app");
    for (const tag of TAGS) await seed(source, sampleImage({ seed: tag }), tag);
    const credentials = { username: fake.adminUser, password: `\${ADMIN}` };
    const mirror = { from: `${from.address}/app`, to: `${fake.host}/mirror/app`, prune: true };
    const sync = async (newest: number): Promise<CommandRun> => {
      const mirrors = [{ ...mirror, tags: { semver: ">=1", newest } }];
      const hosts = { [fake.host]: { credentials, ca: fake.caFile } };
      await writeFile(bench.path("acr.yaml"), JSON.stringify({ version: 1, hosts, mirrors }));
      return bench.run(["sync", "-f", "acr.yaml"], { env });
    };
    expect(await sync(6)).toMatchObject({ code: 0, stderr: "" });
    const lock = {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: Buffer.from('{"deleteEnabled":false}'),
    };
    expect((await acrRequest(fake, "/acr/v1/mirror/app/_tags/1.1.0", lock)).status).toBe(200);

    const run = await sync(3);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain("2 deleted, 1 kept");
    expect(run.stdout).toMatch(/kept +\S+\/mirror\/app: 1\.1\.0: it is locked/);
    expect(await tagsOf(target)).toEqual(["1.1.0", "1.3.0", "1.4.0", "1.5.0"]);
  });
});
