import { readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { SyncPlan } from "@tranship/copy";
import { Registry, type RegistryStore } from "@tranship/core";
import { describe, expect, it } from "vitest";
import type { CommandRun } from "../cli/run-command.ts";
import { Workbench } from "../cli/workbench.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { sampleArtifact, sampleImage, seed } from "../support/sample-image.ts";

const TAGS = ["v1.0", "v2.0", "v3.0", "v4.0"];

interface Mirrored {
  readonly source: RegistryStore;
  readonly target: RegistryStore;
  /**
   * Writes the mirror file: with what the mirror has beside `from`, `to` and `prune: true`, and
   * what the file has beside its mirrors.
   */
  write(mirror?: object, options?: { readonly file?: string; readonly top?: object }): Promise<void>;
  sync(...args: readonly string[]): Promise<CommandRun>;
  /** The tags of the target. */
  tags(): Promise<readonly string[]>;
}

/** Four images at a source, and a file `mirror.yaml` that mirrors them. */
async function mirrored(bench: Workbench): Promise<Mirrored> {
  const [from, to] = [await bench.serve(), await bench.serve()];
  const [source, target] = [bench.repository(from, "app"), bench.repository(to, "app")];
  for (const tag of TAGS) await seed(source, sampleImage({ seed: tag }), tag);
  const entry = { from: `${from.address}/app`, to: `${to.address}/app`, prune: true };
  return {
    source,
    target,
    write: (mirror = {}, { file = "mirror.yaml", top = {} } = {}) =>
      writeFile(bench.path(file), JSON.stringify({ version: 1, ...top, mirrors: [{ ...entry, ...mirror }] })),
    sync: (...args) => bench.run(["sync", "-f", "mirror.yaml", ...args]),
    tags: async () => (await Array.fromAsync(target.tags())).toSorted(),
  };
}

const NEWEST = (newest: number) => ({ tags: { semver: ">=1", newest } });

describe("tranship sync with prune", () => {
  it("shows with --dry-run, and in plans, why each tag counts as own, and apply deletes by the same records", async () => {
    await using bench = await Workbench.open();
    const { write, sync, tags } = await mirrored(bench);
    await write();
    await sync("--no-state");
    await write(NEWEST(3));
    expect(await sync()).toMatchObject({ code: 0 });
    await write();
    expect(await sync()).toMatchObject({ code: 0 });
    await write(NEWEST(2));
    const dry = await sync("--dry-run");
    const day = "\\d{4}-\\d\\d-\\d\\d";
    expect(dry.stdout).toMatch(
      new RegExp(`^ {2}delete +\\S+/app:v1.0 +unselected +own: equal to its source ${day}$`, "m"),
    );
    expect(dry.stdout).toMatch(/^Plan: .* 2 to delete$/m);

    expect(await bench.run(["plan", "-f", "mirror.yaml", "-o", "plan.json"])).toMatchObject({ code: 0, stderr: "" });
    const plan: SyncPlan = JSON.parse(await readFile(bench.path("plan.json"), "utf8"));
    expect(plan.owner).toBe(resolve(bench.folder, "mirror.yaml"));
    expect(plan.images.flatMap(({ targetTag, own }) => (own === undefined ? [] : [[targetTag, own.because]]))).toEqual([
      ["v1.0", "equal"],
      ["v2.0", "equal"],
    ]);
    const elsewhere = await bench.run(["apply", "plan.json", "--state", "another"]);
    expect(elsewhere).toMatchObject({ code: 0, stderr: "" });
    expect(elsewhere.stdout).toMatch(/kept +\S+\/app: v1.0, v2.0: no record says that this mirror wrote it$/m);
    expect(await tags()).toEqual(TAGS);
    expect(await bench.run(["apply", "plan.json"])).toMatchObject({ code: 0, stderr: "" });
    expect(await tags()).toEqual(["v3.0", "v4.0"]);
  });

  it("deletes what it wrote, and neither what another file nor what a person wrote", async () => {
    await using bench = await Workbench.open();
    const { source, target, write, sync, tags } = await mirrored(bench);
    await write({ tags: ["v3.0", "v4.0"] });
    expect(await sync()).toMatchObject({ code: 0, stderr: "" });
    await write({ tags: ["v2.0"], prune: false }, { file: "other.yaml" });
    expect(await bench.run(["sync", "-f", "other.yaml"])).toMatchObject({ code: 0, stderr: "" });
    await seed(target, sampleImage({ seed: "by hand" }), "v1.5");
    await source.untag("v3.0");
    await write({ tags: { semver: ">=1", newest: 1 } });

    const run = await sync();
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/deleted +\S+\/app: v3.0$/m);
    expect(run.stderr).toMatch(
      /app: 2 tags that are no longer chosen stay, since no record says .*: v1\.5, v2.0; with prune: \{ ownership: pattern \} 2 would be deleted\n$/,
    );
    expect(await tags()).toEqual(["v1.5", "v2.0", "v4.0"]);
    const dry = await sync("--dry-run");
    expect(dry.stdout).toMatch(/^ {2}note +\S+\/app: 2 tags that are no longer chosen stay/m);

    await write({ tags: { semver: ">=1", newest: 1 }, prune: { ownership: "pattern" } });
    expect((await sync("--dry-run")).stdout).toMatch(/delete +\S+\/app:v1\.5 +gone +own: matches the mirror's tags$/m);
    expect(await sync()).toMatchObject({ code: 0, stderr: "" });
    expect(await tags()).toEqual(["v4.0"]);
  });

  it("deletes nothing after its state was lost, and comes under the records again in the first run", async () => {
    await using bench = await Workbench.open();
    const { write, sync, tags } = await mirrored(bench);
    await write();
    await sync("--state", "state");
    await rm(bench.path("state"), { recursive: true });
    await write(NEWEST(3));
    const lost = await sync("--state", "state");
    expect(lost.code).toBe(0);
    expect(lost.stderr).toContain("with prune: { ownership: pattern } 1 would be deleted");
    expect(await tags()).toEqual(TAGS);
    await write(NEWEST(2));
    expect((await sync("--state", "state")).stdout).toMatch(/deleted +\S+\/app: v2.0$/m);
    await write(NEWEST(1));
    await sync("--no-state");
    expect(await tags()).toEqual(["v1.0", "v3.0", "v4.0"]);
    await sync("--state", "state");
    expect(await tags()).toEqual(["v1.0", "v4.0"]);
  });

  it("knows a file by its path, or by its name; a file from stdin without a name owns nothing", async () => {
    await using bench = await Workbench.open();
    const { write, tags } = await mirrored(bench);
    const piped = async (): Promise<CommandRun> =>
      bench.run(["sync", "-f", "-"], { input: await readFile(bench.path("mirror.yaml"), "utf8") });
    await write();
    await piped();
    await write(NEWEST(3));
    expect((await piped()).stderr).toContain("1 would be deleted");
    await write({}, { top: { name: "hub" } });
    await piped();
    await write(NEWEST(3), { top: { name: "hub" } });
    expect(await piped()).toMatchObject({ code: 0, stderr: "" });
    await write(NEWEST(2), { file: "moved.yaml", top: { name: "hub" } });
    expect(await bench.run(["sync", "-f", "moved.yaml"])).toMatchObject({ code: 0, stderr: "" });
    expect(await tags()).toEqual(["v3.0", "v4.0"]);
  });
});

describePeers("tranship sync with prune, where referrers have tags", ["registry"], (peers) => {
  it("owns the tags that list what it copied, and none that somebody else has added to", async () => {
    await using bench = await Workbench.open();
    await using to = await startDistribution(peers.registry);
    await using registry = new Registry({ host: to.host, plainHttp: true });
    const target = registry.repository("mirror/app");
    const { source, write, sync } = await mirrored(bench);
    const images = await Promise.all(TAGS.map((tag) => source.resolve(tag)));
    const [first, second, third] = images;
    if (first === undefined || second === undefined || third === undefined) throw new Error("no images");
    for (const subject of [first, second, third]) await seed(source, sampleArtifact({ subject }));
    const place = { to: `${to.host}/mirror/app`, referrers: true };
    await write(place);
    expect(await sync()).toMatchObject({ code: 0, stderr: "" });
    await seed(target, sampleArtifact({ subject: second, seed: "somebody else's" }));
    await write({ ...place, tags: { semver: ">=1", newest: 2 } });

    const run = await sync();
    expect(run.code).toBe(0);
    const listOf = ({ digest }: { readonly digest: string }): string => digest.replace(":", "-");
    expect(run.stderr).toContain(`1 tag that is no longer chosen stays, since no record says`);
    expect(run.stderr).toContain(listOf(second));
    expect((await Array.fromAsync(target.tags())).toSorted()).toEqual(
      [listOf(second), listOf(third), "v3.0", "v4.0"].toSorted(),
    );
  });
});
