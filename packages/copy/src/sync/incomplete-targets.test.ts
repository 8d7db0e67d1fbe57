import { type Descriptor, MemoryJournal, parsePlatform } from "@tranship/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LOSSY_TARGETS, type LossyTarget } from "../../../../test/support/lossy-targets.ts";
import { type BuiltImage, buildImage, buildIndex } from "../../../../test/support/small-image.ts";
import { MemoryRegistries } from "../../../../test/support/sync-setup.ts";
import { copyTags } from "../copy/copy-tags.ts";
import { CopyRun } from "../run/run.ts";
import { applyPlan } from "./apply/apply-plan.ts";
import { parseSyncPlan } from "./file/parse-sync-plan.ts";
import type { SyncResult } from "./file/sync-result.ts";
import { planSync } from "./plan/plan-sync.ts";
import { sync } from "./sync.ts";
import type { SyncRepository, SyncStores } from "./sync-repository.ts";

const KINDS = ["a layout", "a layout that is emptied", "memory"] as const;

/** A source, and targets that can lose content. */
class LossyStores implements SyncStores, AsyncDisposable {
  readonly registries = new MemoryRegistries();
  readonly targets = new Map<string, LossyTarget>();
  readonly #kind: (typeof KINDS)[number];

  constructor(kind: (typeof KINDS)[number]) {
    this.#kind = kind;
  }

  async source(name: string): ReturnType<SyncStores["source"]> {
    return this.registries.store(name);
  }

  async target(name: string): ReturnType<SyncStores["target"]> {
    return (await this.lossy(name)).store;
  }

  async lossy(name: string): Promise<LossyTarget> {
    const target = this.targets.get(name) ?? (await LOSSY_TARGETS[this.#kind]());
    this.targets.set(name, target);
    return target;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const target of this.targets.values()) await target[Symbol.asyncDispose]();
  }
}

const every: SyncRepository = {
  mirror: "app",
  from: "src/app",
  targets: [{ to: "one" }],
  tags: async (listed) => ({ tags: listed.map(({ name }) => name) }),
};
const outcomes = ({ images }: SyncResult): readonly unknown[] =>
  images.map(({ tag, to, outcome }) => `${tag} to ${to}: ${outcome}`).toSorted();

describe.each(KINDS)("mirrors in %s that lost content", (kind) => {
  let stores: LossyStores;
  let amd64: BuiltImage;
  let arm64: BuiltImage;
  let lost: Descriptor;

  beforeEach(async () => {
    stores = new LossyStores(kind);
    const source = stores.registries.store("src/app");
    amd64 = await buildImage(source, "linux/amd64", ["base", "amd64"]);
    arm64 = await buildImage(source, "linux/arm64", ["base", "arm64"]);
    lost = arm64.layers[1] as Descriptor;
    await buildIndex(source, [amd64, arm64], "v1");
    await source.tag(amd64.manifest, "v2");
  });
  afterEach(() => stores[Symbol.asyncDispose]());

  const lose = async (name = "one", descriptor = lost) => (await stores.lossy(name)).lose(descriptor);
  const isThere = async (name = "one", descriptor = lost) => (await stores.lossy(name)).has(descriptor);

  it("sync() brings it, says of which tag, and leaves the others as they are", async () => {
    await sync([every], stores);
    await lose();
    const result = await sync([every], stores);
    expect(outcomes(result)).toEqual(["v1 to one: copied", "v2 to one: unchanged"]);
    expect(result.notices).toEqual([expect.stringContaining("content of it is missing")]);
    expect(await isThere()).toBe(true);
    expect(outcomes(await sync([every], stores))).toEqual(["v1 to one: unchanged", "v2 to one: unchanged"]);
  });

  it.each(["content", "tags"] as const)("planSync() to the depth of %s says that it is incomplete", async (depth) => {
    await sync([every], stores);
    await lose();
    const { images } = await planSync([every], stores, { depth });
    expect(images.map(({ tag, action, reason }) => [tag, action, reason])).toEqual([
      ["v1", "copy", "incomplete"],
      ["v2", "skip", "unchanged"],
    ]);
  });

  it("sync() fails where the source has lost it too", async () => {
    await sync([every], stores);
    await lose();
    await stores.registries.store("src/app").delete(lost);
    const result = await sync([every], stores);
    expect(result).toMatchObject({ ok: false, outcomes: { failed: 1, unchanged: 1 } });
    expect(result.images.find(({ outcome }) => outcome === "failed")).toMatchObject({
      tag: "v1",
      error: { code: "BLOB_UNKNOWN", side: "source" },
    });
  });

  it("sync() brings it to the target that lost it, and reads it once for two", async () => {
    const both = { ...every, targets: [{ to: "one" }, { to: "two" }, { to: "three" }] };
    await sync([both], stores);
    await lose("one");
    await lose("three");
    stores.registries.forgetCalls();
    const result = await sync([both], stores);
    expect(outcomes(result).filter((line) => String(line).startsWith("v1"))).toEqual([
      "v1 to one: copied",
      "v1 to three: copied",
      "v1 to two: unchanged",
    ]);
    for (const name of ["one", "two", "three"]) expect(await isThere(name)).toBe(true);
    expect(stores.registries.store("src/app").about("fetch")).toEqual([lost.digest]);
  });

  it("sync() completes an immutable tag, and does not move it", async () => {
    const immutable: SyncRepository = { ...every, immutable: (tags) => new Set(tags) };
    await sync([immutable], stores);
    stores.registries.forgetCalls();
    expect(outcomes(await sync([immutable], stores))).toEqual(["v1 to one: unchanged", "v2 to one: unchanged"]);
    expect(stores.registries.store("src/app").about("resolve", "open")).toEqual([]);

    await lose();
    expect(outcomes(await sync([immutable], stores))).toEqual(["v1 to one: copied", "v2 to one: unchanged"]);
    expect(await isThere()).toBe(true);

    await lose();
    await stores.registries.store("src/app").tag(amd64.manifest, "v1");
    const before = await (await stores.target("one")).resolve("v1");
    const result = await sync([immutable], stores);
    expect(outcomes(result)).toEqual(["v1 to one: failed", "v2 to one: unchanged"]);
    expect(result.images.find(({ outcome }) => outcome === "failed")?.error).toMatchObject({ code: "DENIED" });
    expect(await (await stores.target("one")).resolve("v1")).toEqual(before);
  });

  it("sync() retags nothing that is incomplete", async () => {
    await sync([every], stores);
    await stores.registries.store("src/app").tag(await stores.registries.store("src/app").resolve("v1"), "v3");
    await lose();
    expect(outcomes(await sync([every], stores))).toEqual([
      "v1 to one: copied",
      "v2 to one: unchanged",
      "v3 to one: copied",
    ]);
    expect(await isThere()).toBe(true);
  });

  it("applyPlan() brings what was lost since, of what was to be skipped, copied or retagged", async () => {
    await sync([every], stores);
    const skipping = parseSyncPlan(JSON.stringify(await planSync([every], stores)));
    expect(skipping.images.map(({ action }) => action)).toEqual(["skip", "skip"]);
    await lose();
    expect(outcomes(await applyPlan(skipping, stores))).toEqual(["v1 to one: copied", "v2 to one: unchanged"]);
    expect(await isThere()).toBe(true);

    await lose();
    const copying = parseSyncPlan(JSON.stringify(await planSync([every], stores)));
    await applyPlan(copying, stores);
    await lose();
    expect(outcomes(await applyPlan(copying, stores))).toEqual(["v1 to one: copied", "v2 to one: unchanged"]);
    expect(await isThere()).toBe(true);

    const { images, ...plan } = skipping;
    const retag = images.map((image) => ({
      ...image,
      targetTag: `${image.tag}-again`,
      there: null,
      action: "retag" as const,
    }));
    await lose();
    expect(outcomes(await applyPlan({ ...plan, images: retag }, stores))).toEqual([
      "v1 to one: copied",
      "v2 to one: retagged",
    ]);
    expect(await isThere()).toBe(true);
  });

  it("sync() completes the index that a choice of platforms made, also where it is remembered", async () => {
    const journal = new MemoryJournal();
    const riscv = await buildImage(stores.registries.store("src/app"), "linux/riscv64", ["riscv64"]);
    await buildIndex(stores.registries.store("src/app"), [amd64, arm64, riscv], "v1");
    const some = { ...every, tags: ["v1"], platforms: ["linux/amd64", "linux/arm64"].map(parsePlatform) };
    await sync([some], stores, { run: new CopyRun({ journal }) });
    for (const descriptor of [lost, arm64.manifest, amd64.config]) {
      await lose("one", descriptor);
      expect(outcomes(await sync([some], stores, { run: new CopyRun({ journal }) }))).toEqual(["v1 to one: copied"]);
      expect(await isThere("one", descriptor)).toBe(true);
      expect(outcomes(await sync([some], stores, { run: new CopyRun({ journal }) }))).toEqual(["v1 to one: unchanged"]);
    }
  });

  it("copyTags() brings it", async () => {
    const [source, target] = [stores.registries.store("src/app"), await stores.target("one")];
    await copyTags(source, target);
    await lose();
    const { outcomes: tags } = await copyTags(source, target);
    expect(tags.map((each) => [each.tag, "result" in each && each.result.outcome])).toEqual([
      ["v1", "copied"],
      ["v2", "unchanged"],
    ]);
    expect(await isThere()).toBe(true);
  });
});

describe("mirrors in a registry that lost content", () => {
  it("sync() and applyPlan() retag nothing that is incomplete", async () => {
    const registries = new MemoryRegistries();
    const source = registries.store("src/app");
    const target = registries.store("dst/app");
    const { manifest, layers } = await buildImage(source, "linux/amd64", ["base", "amd64"]);
    await buildIndex(source, [{ manifest } as BuiltImage], "v1");
    const mirror = { ...every, targets: [{ to: "dst/app" }] };
    await sync([mirror], registries);
    await source.tag(await source.resolve("v1"), "v2");
    const plan = await planSync([mirror], registries);
    expect(plan.images.map(({ action }) => action)).toEqual(["skip", "retag"]);

    const [lost] = layers as readonly [Descriptor];
    await target.delete(lost);
    expect(outcomes(await applyPlan(plan, registries))).toEqual(["v1 to dst/app: unchanged", "v2 to dst/app: copied"]);
    expect(await target.has(lost)).toBe(true);

    await target.delete(lost);
    await source.tag(await source.resolve("v1"), "v3");
    expect(outcomes(await sync([mirror], registries)).at(-1)).toBe("v3 to dst/app: copied");
    expect(await target.has(lost)).toBe(true);
  });
});
