import { parsePlatform, StoreError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { turns } from "../../../../../test/support/recording-store.ts";
import { buildImage, buildIndex } from "../../../../../test/support/small-image.ts";
import { MemoryRegistries, putImages } from "../../../../../test/support/sync-setup.ts";
import { CopyRun } from "../../run/run.ts";
import { parseSyncPlan } from "../file/parse-sync-plan.ts";
import { ResultTally } from "../file/result-tally.ts";
import type { SyncPlan } from "../file/sync-plan.ts";
import { planSync } from "../plan/plan-sync.ts";
import type { SyncRepository } from "../sync-repository.ts";
import { applyPlan } from "./apply-plan.ts";

let registries: MemoryRegistries;
const every: SyncRepository = { mirror: "app", from: "src/app", targets: [{ to: "dst/app" }], tags: ["v1", "v2"] };

beforeEach(async () => {
  registries = new MemoryRegistries();
  await putImages(registries.store("src/app"), ["v1", "v2", "v3"]);
  registries.forgetCalls();
});

/** A plan as it comes back from its file. */
async function planned(repository = every): Promise<SyncPlan> {
  return parseSyncPlan(JSON.stringify(await planSync([repository], registries)));
}

const digestOf = async (name: string, tag: string) => (await registries.store(name).resolve(tag)).digest;

describe("applyPlan()", () => {
  it("does what the plan says, and nothing the second time", async () => {
    const plan = await planned();

    expect((await applyPlan(plan, registries)).outcomes).toMatchObject({ copied: 2 });
    expect(await digestOf("dst/app", "v2")).toBe(await digestOf("src/app", "v2"));
    registries.forgetCalls();

    const again = await applyPlan(plan, registries);
    expect(again).toMatchObject({ ok: true, outcomes: { unchanged: 2, copied: 0 } });
    expect(registries.store("dst/app").about("push", "tag")).toEqual([]);
    expect(registries.store("src/app").calls).toEqual([]);
  });

  it("says once what many images have to say", async () => {
    const source = registries.store("src/app");
    for (const tag of ["i1", "i2"]) {
      const images = ["linux/amd64", "linux/arm64", "linux/s390x"].map((name) => buildImage(source, name, [tag]));
      await buildIndex(source, await Promise.all(images), tag);
    }
    const platforms = ["linux/amd64", "linux/arm64"].map(parsePlatform);
    const plan = await planned({ ...every, tags: ["i1", "i2"], platforms, referrers: true });
    const said: string[] = [];
    const result = await applyPlan(plan, registries, {
      onEvent: (event) => event.type === "notice" && said.push(event.message),
    });
    expect(said).toEqual(["Signatures and other referrers of the index itself are not copied: only a part of it is"]);
    expect(result.notices).toEqual(said);
  });

  it("refuses to make another root than was planned, and sends nothing", async () => {
    const source = registries.store("src/app");
    const images = await Promise.all(
      ["linux/amd64", "linux/arm64", "linux/s390x"].map((name) => buildImage(source, name, [name])),
    );
    await buildIndex(source, images, "i1");
    const platforms = ["linux/amd64", "linux/arm64"].map(parsePlatform);
    const plan = await planned({ ...every, tags: ["i1"], platforms });
    const other = await digestOf("src/app", "v1");
    const edited: SyncPlan = { ...plan, images: plan.images.map((image) => ({ ...image, root: other })) };

    const result = await applyPlan(edited, registries);

    expect(result.images).toMatchObject([{ outcome: "failed", error: { code: "PLAN_OUTDATED" } }]);
    expect(result.images[0]?.error?.message).toContain(`"${other}" was planned; plan anew`);
    expect(registries.store("dst/app").about("push", "tag")).toEqual([]);
    expect(await applyPlan(plan, registries)).toMatchObject({ ok: true, outcomes: { copied: 1 } });
  });

  it("tells of each image once where it is aborted, though one target ends before the others", async () => {
    const targets = ["one/app", "two/app", "three/app"].map((to) => ({ to }));
    const plan = await planned({ ...every, targets });
    const ending = new AbortController();
    registries.store("one/app").before = async ({ method }) => {
      if (method === "push") ending.abort(new Error("enough"));
    };
    for (const name of ["two/app", "three/app"]) {
      registries.store(name).before = async ({ method }) => {
        if (method === "push") await turns(50);
      };
    }
    const tally = new ResultTally();
    await expect(applyPlan(plan, registries, { tally, signal: ending.signal })).rejects.toThrow("enough");

    const told = tally.result(new CopyRun()).images.map(({ to, tag }) => `${to}:${tag}`);
    expect(told.toSorted()).toEqual(plan.images.map(({ to, tag }) => `${to}:${tag}`).toSorted());
  });

  it("refuses a plan in which two sources are for one tag", async () => {
    const plan = await planned();
    const [first, second] = plan.images;
    if (first === undefined || second === undefined) throw new Error("no images");
    const text = JSON.stringify({ ...plan, images: [first, { ...second, targetTag: first.targetTag }] });
    expect(() => parseSyncPlan(text)).toThrow(/^images\[1\] is for "dst\/app" and "v1", as another entry is/);
  });

  it("copies the planned digest of a tag that has moved, and says so", async () => {
    const plan = await planned();
    const before = await digestOf("src/app", "v1");
    const source = registries.store("src/app");
    await source.tag(await source.resolve("v3"), "v1");

    const result = await applyPlan(plan, registries);

    expect(await digestOf("dst/app", "v1")).toBe(before);
    expect(result.images.find(({ tag }) => tag === "v1")?.notices?.[0]).toContain("has moved");
    expect(result.ok).toBe(true);
  });

  it("asks the source once for what several targets need, and says once that a tag has moved", async () => {
    const source = registries.store("src/app");
    const image = await buildImage(source, "linux/amd64", ["of the index"]);
    await buildIndex(source, [image], "i1");
    const targets = ["one/app", "two/app", "three/app"].map((to) => ({ to }));
    const plan = await planned({ ...every, targets, tags: ["i1"], referrers: true });
    await source.tag(await source.resolve("v3"), "i1");
    registries.forgetCalls();

    const result = await applyPlan(plan, registries);

    expect(result.outcomes).toMatchObject({ copied: 3 });
    expect(source.about("resolve")).toEqual(["i1"]);
    for (const method of ["open", "fetch", "referrers"] as const)
      expect(source.about(method)).toEqual([...new Set(source.about(method))]);
    expect(source.about("referrers")).toHaveLength(2);
    expect(result.images.map(({ notices }) => notices?.length)).toEqual([1, 1, 1]);
  });

  it("says of an aborted run what was done and what was left", async () => {
    const plan = await planned();
    const [controller, tally, run] = [new AbortController(), new ResultTally(), new CopyRun()];
    const reason = new Error("enough");
    const onImage = (): void => controller.abort(reason);
    const applying = applyPlan(plan, registries, { run, tally, images: 1, onImage, signal: controller.signal });
    await expect(applying).rejects.toBe(reason);
    expect(tally.result(run).images.map(({ tag, outcome }) => [tag, outcome])).toEqual([
      ["v1", "copied"],
      ["v2", "left"],
    ]);
  });

  it("fails where the digest is gone, and does the rest", async () => {
    const plan = await planned();
    const gone = await digestOf("src/app", "v1");
    registries.store("src/app").before = ({ about }) => {
      if (about === gone || about === "v1") throw new StoreError("MANIFEST_UNKNOWN", "it is not there");
    };
    const result = await applyPlan(plan, registries);

    expect(result.outcomes).toMatchObject({ failed: 1, copied: 1 });
    expect(result.images.find(({ outcome }) => outcome === "failed")?.error).toMatchObject({
      code: "MANIFEST_UNKNOWN",
      message: expect.stringMatching(/; it was there when this was planned: plan anew$/),
    });
  });

  it("refuses a target's tag that is neither as planned nor done, unless that is allowed", async () => {
    const plan = await planned();
    const target = registries.store("dst/app");
    const [other] = await putImages(target, ["v1"]);
    await target.tag(other as never, "v2");

    const refused = await applyPlan(plan, registries);
    // v1 happens to be what was planned.
    expect(refused.images.map(({ tag, outcome }) => [tag, outcome])).toEqual(
      expect.arrayContaining([
        ["v1", "unchanged"],
        ["v2", "refused"],
      ]),
    );
    expect(refused).toMatchObject({ ok: false });
    expect(await digestOf("dst/app", "v2")).toBe(other?.digest);

    const allowed = await applyPlan(plan, registries, { allowTargetMoved: true });
    expect(allowed.outcomes).toMatchObject({ copied: 1, unchanged: 1 });
    expect(await digestOf("dst/app", "v2")).toBe(await digestOf("src/app", "v2"));
  });

  it("goes on where a run was ended in the middle", async () => {
    const plan = await planned();
    const controller = new AbortController();
    const target = registries.store("dst/app");
    target.before = ({ method }) => {
      if (method === "push" && target.about("push").length > 4) controller.abort(new Error("killed"));
    };
    await expect(applyPlan(plan, registries, { signal: controller.signal })).rejects.toThrow("killed");
    target.before = () => {};

    expect((await applyPlan(plan, registries)).ok).toBe(true);
    for (const tag of ["v1", "v2"]) expect(await digestOf("dst/app", tag)).toBe(await digestOf("src/app", tag));
  });

  it("copies what was to be retagged and is there no more", async () => {
    const plan = await planned();
    const retag = { ...plan, images: plan.images.map((image) => ({ ...image, action: "retag" as const })) };
    expect((await applyPlan(retag, registries)).outcomes).toMatchObject({ copied: 2 });
  });
});

describe("parseSyncPlan()", () => {
  it.each([
    ["nonsense", "{", "it is no JSON"],
    ["another document", '{"kind":"result"}', 'it is no plan: "kind" is "result"'],
    ["another version", '{"kind":"plan","version":2}', "this release reads version 1"],
    ["a field that is missing", '{"kind":"plan","version":1}', "createdAt is missing"],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseSyncPlan(text)).toThrow(message);
  });

  it("names the field that is wrong", async () => {
    const plan = await planned();
    const wrong = (change: object) =>
      JSON.stringify({ ...plan, images: [plan.images[0], { ...plan.images[1], ...change }] });
    expect(() => parseSyncPlan(wrong({ action: "move" }))).toThrow('images[1].action is "move", expected copy, retag');
    expect(() => parseSyncPlan(wrong({ source: "sha256:1" }))).toThrow(
      'images[1].source is "sha256:1", expected a digest',
    );
    expect(() => parseSyncPlan(wrong({ source: undefined }))).toThrow("images[1].source is missing");
    expect(() => parseSyncPlan(wrong({ platforms: ["a/b/c/d"] }))).toThrow("images[1].platforms[0]");
    expect(() => parseSyncPlan(wrong({ content: { copy: { count: -1, bytes: 0 } } }))).toThrow("images[1].content");
  });
});
