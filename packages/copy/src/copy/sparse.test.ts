import { type Descriptor, MemoryStore, OCI_INDEX, parsePlatform, RegistryError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { type BuiltImage, buildArtifact, buildImage, buildIndex } from "../../../../test/support/small-image.ts";
import { MemoryRegistries } from "../../../../test/support/sync-setup.ts";
import type { CopyEvent } from "../events/events.ts";
import { applyPlan } from "../sync/apply/apply-plan.ts";
import { parseSyncPlan } from "../sync/file/parse-sync-plan.ts";
import { planSync } from "../sync/plan/plan-sync.ts";
import { sync } from "../sync/sync.ts";
import type { SyncRepository } from "../sync/sync-repository.ts";
import { verifyMirrors } from "../verify/verify-mirrors.ts";
import { copy } from "./copy.ts";

const platforms = (...names: readonly string[]) => names.map(parsePlatform);

describe("copy() with sparse", () => {
  let from: RecordingStore;
  let to: RecordingStore;
  let images: Readonly<Record<"amd64" | "arm64" | "s390x", BuiltImage>>;
  let index: Descriptor;
  const sparse = (names: readonly string[], options = {}) =>
    copy(
      { store: from, reference: "v1" },
      { store: to, reference: "v1" },
      { platforms: platforms(...names), sparse: true, ...options },
    );
  const there = (...which: readonly BuiltImage[]) => Promise.all(which.map(({ manifest }) => to.has(manifest)));

  beforeEach(async () => {
    from = new RecordingStore(new MemoryStore("source"));
    to = new RecordingStore(new MemoryStore("target"), { host: "r.example", repository: "target", access: {} });
    images = {
      amd64: await buildImage(from, "linux/amd64", ["base", "amd64"]),
      arm64: await buildImage(from, "linux/arm64", ["base", "arm64"]),
      s390x: await buildImage(from, "linux/s390x", ["base", "s390x"]),
    };
    index = await buildIndex(from, Object.values(images), "v1");
    from.calls.length = 0;
  });

  it("puts the index byte for byte, brings the chosen platforms alone, and says so", async () => {
    const events: CopyEvent[] = [];
    const result = await sparse(["linux/amd64", "linux/s390x"], { onEvent: (event: CopyEvent) => events.push(event) });

    expect(result).toMatchObject({ outcome: "copied", source: index, root: index });
    expect((await to.open("v1")).bytes).toEqual((await from.open("v1")).bytes);
    expect(await there(images.amd64, images.arm64, images.s390x)).toEqual([true, false, true]);
    expect(events.flatMap((event) => (event.type === "notice" ? [event.message] : []))).toEqual([
      "Indexes are kept whole (sparse): of what they name, only linux/amd64, linux/s390x is copied",
    ]);
  });

  it("keeps the index for one platform too", async () => {
    await sparse(["linux/arm64"]);
    expect((await to.resolve("v1")).digest).toBe(index.digest);
    expect(await there(images.amd64, images.arm64)).toEqual([false, true]);
  });

  it("takes the signatures of the index with it, and of its manifests those of the chosen ones", async () => {
    const ofIndex = await buildArtifact(from, "application/signature", index);
    const ofChosen = await buildArtifact(from, "application/signature", images.amd64.manifest);
    const ofOther = await buildArtifact(from, "application/signature", images.arm64.manifest);
    const signatures = () => Promise.all([ofIndex, ofChosen, ofOther].map((signature) => to.has(signature)));

    await sparse(["linux/amd64"], { referrers: true });
    expect(await signatures()).toEqual([true, true, false]);

    const again = await sparse(["linux/arm64"], { referrers: true });
    expect(again.moved.count).toBeGreaterThan(0);
    expect(await signatures()).toEqual([true, true, true]);
  });

  it("looks for the platforms of an index that is there, and brings those that were not chosen before", async () => {
    await sparse(["linux/amd64"]);
    to.calls.length = 0;
    expect(await sparse(["linux/amd64"])).toMatchObject({ moved: { count: 0 } });
    expect(to.about("push", "tag")).toEqual([]);

    await sparse(["linux/amd64", "linux/arm64"]);
    expect(await there(images.amd64, images.arm64, images.s390x)).toEqual([true, true, false]);
    expect(to.about("push")).not.toContain(index.digest);
  });

  it("reaches what is in an index below", async () => {
    const inner = await buildIndex(from, [images.amd64, images.arm64]);
    const nested = { ...images.amd64, manifest: inner };
    const outer = await buildIndex(from, [nested, images.s390x], "v1");

    await sparse(["linux/arm64"]);
    expect(await to.has(outer)).toBe(true);
    expect(await to.has({ ...inner, mediaType: OCI_INDEX })).toBe(true);
    expect(await there(images.amd64, images.arm64, images.s390x)).toEqual([false, true, false]);
    to.calls.length = 0;

    await sparse(["linux/arm64"]);
    expect(to.about("push")).toEqual([]);
  });

  it("names the choice where the registry takes no such index, and waits for nothing", async () => {
    to.before = ({ method, about }) => {
      if (method !== "push" || about !== index.digest) return;
      throw new RegistryError("MANIFEST_BLOB_UNKNOWN", "Cannot push manifest: blob unknown", {
        status: 400,
        method: "PUT",
        url: "https://r.example/v2/target/manifests/v1",
      });
    };
    await expect(sparse(["linux/amd64"])).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      side: "target",
      message: `Cannot push index "${index.digest}" to "target": the registry takes none of which only linux/amd64 is there (MANIFEST_BLOB_UNKNOWN); without "sparse" the index is rewritten to what is chosen`,
    });
    expect(to.about("push").filter((digest) => digest === index.digest)).toHaveLength(1);
  });
});

describe("mirrors with sparse", () => {
  let registries: MemoryRegistries;
  const mirror = (...names: readonly string[]): SyncRepository => ({
    mirror: "app",
    from: "src/app",
    targets: [{ to: "dst/app" }],
    tags: ["v1", "v2"],
    platforms: platforms(...names),
    sparse: true,
  });

  beforeEach(async () => {
    registries = new MemoryRegistries();
    const store = registries.store("src/app");
    for (const tag of ["v1", "v2"]) {
      const images = await Promise.all(
        ["amd64", "arm64"].map((architecture) => buildImage(store, `linux/${architecture}`, [tag, architecture])),
      );
      await buildIndex(store, images, tag);
    }
  });

  it("are planned as such, and applied from the plan's file", async () => {
    const plan = parseSyncPlan(JSON.stringify(await planSync([mirror("linux/amd64")], registries)));
    expect(plan.images.map(({ sparse, action, source, root }) => [sparse, action, source === root])).toEqual([
      [true, "copy", true],
      [true, "copy", true],
    ]);
    expect(plan.notices).toEqual(["Indexes are kept whole (sparse): of what they name, only linux/amd64 is copied"]);
    expect(await applyPlan(plan, registries)).toMatchObject({ ok: true, outcomes: { copied: 2 } });
    expect(await applyPlan(plan, registries)).toMatchObject({ ok: true, outcomes: { unchanged: 2 } });
    const { bytes } = await registries.store("dst/app").open("v1");
    expect(bytes).toEqual((await registries.store("src/app").open("v1")).bytes);
  });

  it("say it in the result once, are unchanged the second time, and get what is chosen later", async () => {
    const first = await sync([mirror("linux/amd64")], registries);
    expect(first).toMatchObject({ ok: true, outcomes: { copied: 2 }, notices: [expect.stringContaining("sparse")] });
    const again = await planSync([mirror("linux/amd64")], registries, { trustMs: 3_600_000 });
    expect(again.images.map(({ action, reason }) => [action, reason])).toEqual(Array(2).fill(["skip", "unchanged"]));

    const more = await planSync([mirror("linux/amd64", "linux/arm64")], registries);
    expect(more.images.map(({ action, reason }) => [action, reason])).toEqual(Array(2).fill(["copy", "incomplete"]));
    await applyPlan(more, registries);
    expect(await verifyMirrors([mirror("linux/amd64", "linux/arm64")], registries)).toMatchObject({ ok: true });
  });

  it("are compared with what was chosen", async () => {
    await sync([mirror("linux/amd64")], registries);
    expect(await verifyMirrors([mirror("linux/amd64")], registries)).toMatchObject({ ok: true });
    expect(await verifyMirrors([mirror("linux/arm64")], registries)).toMatchObject({
      ok: false,
      outcomes: { different: 2 },
    });
    const repaired = await verifyMirrors([mirror("linux/arm64")], registries, { repair: true });
    expect(repaired).toMatchObject({ outcomes: { repaired: 2 } });
    expect(await verifyMirrors([mirror("linux/arm64")], registries)).toMatchObject({ ok: true });
  });
});
