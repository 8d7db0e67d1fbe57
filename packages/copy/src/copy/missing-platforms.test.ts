import { MemoryJournal, MemoryStore, parsePlatform } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { type BuiltImage, buildImage, buildIndex } from "../../../../test/support/small-image.ts";
import { MemoryRegistries } from "../../../../test/support/sync-setup.ts";
import { CopyRun } from "../run/run.ts";
import { applyPlan } from "../sync/apply/apply-plan.ts";
import { parseSyncPlan } from "../sync/file/parse-sync-plan.ts";
import { planSync } from "../sync/plan/plan-sync.ts";
import { sync } from "../sync/sync.ts";
import type { SyncRepository } from "../sync/sync-repository.ts";
import { verifyMirrors } from "../verify/verify-mirrors.ts";
import { copy } from "./copy.ts";
import type { CopyOptions } from "./copy-options.ts";

const WANTED = ["linux/amd64", "linux/arm64"].map(parsePlatform);
const SKIP: CopyOptions = { platforms: WANTED, missingPlatforms: "skip" };

describe("copy() of platforms that an image may lack", () => {
  let from: RecordingStore;
  let to: RecordingStore;
  let images: Readonly<Record<"amd64" | "s390x", BuiltImage>>;

  beforeEach(async () => {
    from = new RecordingStore(new MemoryStore("source"));
    to = new RecordingStore(new MemoryStore("target"), { host: "r.example", repository: "target", access: {} });
    images = {
      amd64: await buildImage(from, "linux/amd64", ["base", "amd64"]),
      s390x: await buildImage(from, "linux/s390x", ["base", "s390x"]),
    };
    await buildIndex(from, Object.values(images), "both");
    await buildIndex(from, [images.s390x], "other");
    await from.tag(images.amd64.manifest, "single");
    await from.tag(images.s390x.manifest, "other-single");
  });

  const copyOf = (reference: string, options: CopyOptions = SKIP) =>
    copy({ store: from, reference }, { store: to, reference }, options);

  it("copies those that an index has, as an index, and says which it lacks", async () => {
    const result = await copyOf("both");

    expect(result).toMatchObject({ outcome: "copied", lacking: ["linux/arm64"] });
    const index = JSON.parse(Buffer.from((await to.open("both")).bytes).toString());
    expect(index.manifests.map(({ digest }: { digest: string }) => digest)).toEqual([images.amd64.manifest.digest]);
    expect(await to.has(images.s390x.manifest)).toBe(false);
  });

  it("copies a single image of one of them as it is", async () => {
    const result = await copyOf("single");
    expect(result).toMatchObject({ root: { digest: images.amd64.manifest.digest }, lacking: ["linux/arm64"] });
  });

  it("says nothing of lacking where all are there", async () => {
    expect(
      await copyOf("both", { ...SKIP, platforms: ["linux/amd64", "linux/s390x"].map(parsePlatform) }),
    ).not.toHaveProperty("lacking");
  });

  it.each(["other", "other-single"])("fails for what has none of them, naming all: %s", async (reference) => {
    await expect(copyOf(reference)).rejects.toMatchObject({
      code: "PLATFORM_UNKNOWN",
      message: `Cannot find platform "linux/amd64" or "linux/arm64" in "source:${reference}": it has linux/s390x`,
    });
    expect(to.about("push")).toEqual([]);
  });

  it("fails for what lacks one, where nothing else is said", async () => {
    for (const reference of ["both", "single"])
      await expect(copyOf(reference, { platforms: WANTED })).rejects.toMatchObject({
        code: "PLATFORM_UNKNOWN",
        message: expect.stringMatching(/; the others that were asked for are there$/),
      });
  });

  it("keeps a sparse index whole, with those that it has", async () => {
    const result = await copyOf("both", { ...SKIP, sparse: true });
    expect(result).toMatchObject({ root: { digest: result.source?.digest }, lacking: ["linux/arm64"] });
    expect([await to.has(images.amd64.manifest), await to.has(images.s390x.manifest)]).toEqual([true, false]);
  });

  it("remembers what it made, and believes none of it where nothing may lack", async () => {
    const journal = new MemoryJournal();
    await copyOf("both", { ...SKIP, run: new CopyRun({ journal }) });
    from.calls.length = 0;

    expect(await copyOf("both", { ...SKIP, run: new CopyRun({ journal }) })).toMatchObject({ outcome: "unchanged" });
    expect(from.calls).toEqual([{ method: "resolve", about: "both" }]);
    const strict = copyOf("both", { platforms: WANTED, run: new CopyRun({ journal }) });
    await expect(strict).rejects.toMatchObject({ code: "PLATFORM_UNKNOWN" });
  });
});

describe("mirrors of platforms that images may lack", () => {
  let registries: MemoryRegistries;
  const mirror: SyncRepository = {
    mirror: "app",
    from: "src/app",
    targets: [{ to: "dst/app" }],
    tags: ["v1", "v2"],
    platforms: WANTED,
    missingPlatforms: "skip",
  };

  beforeEach(async () => {
    registries = new MemoryRegistries();
    const store = registries.store("src/app");
    const [amd64, arm64, s390x] = await Promise.all(
      ["amd64", "arm64", "s390x"].map((architecture) => buildImage(store, `linux/${architecture}`, [architecture])),
    );
    if (amd64 === undefined || arm64 === undefined || s390x === undefined) throw new Error("no images");
    await buildIndex(store, [amd64, arm64, s390x], "v1");
    await buildIndex(store, [amd64, s390x], "v2");
  });

  it("are planned with what lacks, and applied from the plan's file", async () => {
    const plan = parseSyncPlan(JSON.stringify(await planSync([mirror], registries)));
    expect(plan.images.map(({ missingPlatforms, lacking }) => [missingPlatforms, lacking])).toEqual([
      ["skip", undefined],
      ["skip", ["linux/arm64"]],
    ]);
    const result = await applyPlan(plan, registries);
    expect(result).toMatchObject({ ok: true, outcomes: { copied: 2 } });
    const lacking = new Map(result.images.map((image) => [image.tag, image.lacking]));
    expect([lacking.get("v1"), lacking.get("v2")]).toEqual([undefined, ["linux/arm64"]]);
  });

  it("are unchanged the second time, and right when they are compared", async () => {
    expect(await sync([mirror], registries)).toMatchObject({ ok: true, outcomes: { copied: 2 } });
    expect(await sync([mirror], registries)).toMatchObject({ ok: true, outcomes: { unchanged: 2 } });
    expect(await verifyMirrors([mirror], registries)).toMatchObject({ ok: true });
    await registries.store("dst/app").untag("v2");
    const mended = await verifyMirrors([mirror], registries, { repair: true });
    expect(mended).toMatchObject({ outcomes: { repaired: 1 } });
    expect(await verifyMirrors([mirror], registries)).toMatchObject({ ok: true });
  });
});
