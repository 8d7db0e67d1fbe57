import { MemoryJournal } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import {
  PruningSetup,
  plannedDeletions,
  pruningMirror,
  withOutcome,
} from "../../../../../test/support/pruning-setup.ts";
import { buildImage, buildIndex } from "../../../../../test/support/small-image.ts";
import { putImages } from "../../../../../test/support/sync-setup.ts";
import { parseSyncPlan } from "../file/parse-sync-plan.ts";

let setup: PruningSetup;
beforeEach(async () => {
  setup = await PruningSetup.of();
});

const LEFT_OUT = ["v1", "v2"];

describe("what a mirror owns", () => {
  it("is what it wrote", async () => {
    await setup.sync([pruningMirror()]);
    const plan = await setup.plan([pruningMirror(LEFT_OUT)]);
    expect(plannedDeletions(plan)).toEqual({ v1: "written", v2: "written" });
    expect(plan.images.find(({ targetTag }) => targetTag === "v1")?.own?.since).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(withOutcome(await setup.sync([pruningMirror(LEFT_OUT)]), "deleted")).toEqual(LEFT_OUT);
  });

  it("is what it found equal to its source: a mirror of an earlier version is own after one run", async () => {
    setup.owner = undefined;
    await setup.sync([pruningMirror()]);
    setup.owner = "mirrors.yaml";
    expect(await setup.sync([pruningMirror()])).toMatchObject({ outcomes: { unchanged: 5 } });
    expect(plannedDeletions(await setup.plan([pruningMirror(LEFT_OUT)]))).toEqual({ v1: "equal", v2: "equal" });
    await setup.sync([pruningMirror(LEFT_OUT)]);
    expect(await setup.tags()).toEqual(["v3", "v4", "v5"]);
  });

  it("is what it made of a choice of platforms, written and found", async () => {
    const images = await Promise.all(
      ["linux/amd64", "linux/arm64", "linux/s390x"].map((one) => buildImage(setup.source, one, ["base", one])),
    );
    await buildIndex(setup.source, images, "v6");
    await buildIndex(setup.source, images, "v7");
    const platforms = [
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ];
    const tags = async () => ({ tags: ["v6", "v7"] });
    await setup.sync([pruningMirror([], { platforms, tags })]);
    setup.journal = { tags: setup.journal.tags, ownership: new MemoryJournal().ownership };
    await setup.sync([pruningMirror([], { platforms, tags })]);
    const one = pruningMirror([], { platforms, tags: async () => ({ tags: ["v7"] }) });
    expect(plannedDeletions(await setup.plan([one]))).toEqual({ v6: "equal" });
  });

  it.each<[string, (setup: PruningSetup) => Promise<unknown>]>([
    ["a person has pushed", async ({ target }) => target.tag((await putImages(target, ["x"]))[0] as never, "v0")],
    [
      "a mirror of another file has written, from the same source",
      async (made) => {
        await putImages(made.source, ["v0"]);
        made.owner = "other.yaml";
        await made.sync([pruningMirror([], { tags: ["v0"] })]);
        made.owner = "mirrors.yaml";
      },
    ],
    [
      "another mirror of the same file has written, from another source",
      async (made) => {
        await putImages(made.registries.store("src/other"), ["v0"]);
        await made.sync([pruningMirror([], { from: "src/other", tags: ["v0"] })]);
      },
    ],
    [
      "was written at another target",
      async (made) => {
        await putImages(made.source, ["v0"]);
        await made.sync([pruningMirror([], { tags: ["v0"], targets: [{ to: "dst/other" }] })]);
        await made.target.tag((await putImages(made.target, ["x"]))[0] as never, "v0");
      },
    ],
    [
      "was written without a journal",
      async (made) => {
        await putImages(made.source, ["v0"]);
        await made.sync([pruningMirror([], { tags: ["v0"] })], { run: undefined });
      },
    ],
  ])("is not what %s, which stays and is counted", async (_, other) => {
    await other(setup);
    await setup.target.untag("x").catch(() => {});
    await setup.sync([pruningMirror(["v0"])]);
    expect(await setup.tags()).toContain("v0");

    const result = await setup.sync([pruningMirror(["v0", "v1"])]);

    expect(withOutcome(result, "deleted")).toEqual(["v1"]);
    expect(result.notices).toEqual([
      "dst/app: 1 tag that is no longer chosen stays, since no record says that this mirror wrote it as it is now: v0; with prune: { ownership: pattern } 1 would be deleted",
    ]);
    expect(await setup.tags()).toEqual(["v0", "v2", "v3", "v4", "v5"]);
  });

  it("is nothing where the journal is lost; the run says how many tags would go, and records what is unchanged", async () => {
    await setup.sync([pruningMirror()]);
    setup.journal = new MemoryJournal();
    const result = await setup.sync([pruningMirror(LEFT_OUT)]);
    expect(result).toMatchObject({ ok: true, outcomes: { deleted: 0, unchanged: 3 } });
    expect(result.notices.join()).toContain("dst/app: 2 tags that are no longer chosen stay");
    expect(result.notices.join()).toContain("with prune: { ownership: pattern } 2 would be deleted");
    expect(withOutcome(await setup.sync([pruningMirror([...LEFT_OUT, "v3"])]), "deleted")).toEqual(["v3"]);
    expect(await setup.tags()).toEqual(["v1", "v2", "v4", "v5"]);
  });

  it("is nothing where the journal cannot be read, and nothing fails", async () => {
    await setup.sync([pruningMirror()]);
    const broken = async (): Promise<never> => {
      throw new Error("disk I/O error");
    };
    const { ownership } = setup.journal;
    const list = async function* (): AsyncGenerator<never, void, void> {
      yield await broken();
    };
    setup.journal = {
      ...setup.journal,
      tags: setup.journal.tags,
      ownership: { ...ownership, list, record: broken, find: broken, drop: broken } as never,
    };
    const result = await setup.sync([pruningMirror(LEFT_OUT)]);
    expect(result).toMatchObject({ ok: true, outcomes: { deleted: 0 } });
    expect(await setup.tags()).toHaveLength(5);
  });

  it("is no tag that somebody else has moved since, until it points to the same again", async () => {
    await setup.sync([pruningMirror()]);
    const was = await setup.target.resolve("v1");
    await setup.target.tag(await setup.target.resolve("v5"), "v1");
    expect(plannedDeletions(await setup.plan([pruningMirror(LEFT_OUT)]))).toEqual({ v2: "written" });
    const result = await setup.sync([pruningMirror(LEFT_OUT)]);
    expect(withOutcome(result, "deleted")).toEqual(["v2"]);
    expect(result.notices.join()).toContain("1 tag that is no longer chosen stays");
    await setup.target.tag(was, "v1");
    expect(plannedDeletions(await setup.plan([pruningMirror(LEFT_OUT)]))).toEqual({ v1: "written" });
  });

  it("is what the mirror has moved, as it moved it", async () => {
    await setup.sync([pruningMirror()]);
    await setup.source.tag(await setup.source.resolve("v5"), "v1");
    await setup.sync([pruningMirror()]);
    expect(withOutcome(await setup.sync([pruningMirror(["v1"])]), "deleted")).toEqual(["v1"]);
  });

  it("is a tag no more that was deleted, also where somebody puts the same again", async () => {
    await setup.sync([pruningMirror()]);
    const image = await setup.target.resolve("v1");
    await setup.sync([pruningMirror(["v1"])]);
    await setup.target.tag(image, "v1");
    expect((await setup.sync([pruningMirror(["v1"])])).outcomes.deleted).toBe(0);
    expect(await setup.tags()).toContain("v1");
  });

  it("is, by pattern, whatever fits its selection, and the plan says so", async () => {
    await setup.target.tag((await putImages(setup.target, ["x"]))[0] as never, "v0");
    await setup.sync([pruningMirror()]);
    setup.journal = new MemoryJournal();
    const byPattern = pruningMirror(LEFT_OUT, { ownership: "pattern" });
    const plan = await setup.plan([byPattern]);
    expect(plannedDeletions(plan)).toEqual({ v0: "pattern", v1: "pattern", v2: "pattern" });
    expect(plan.notices).toEqual([]);
    expect((await setup.apply(plan)).outcomes.deleted).toBe(3);
    expect(await setup.tags()).toEqual(["v3", "v4", "v5", "x"]);
  });

  it("takes no request to record, and none to look up", async () => {
    await setup.sync([pruningMirror()]);
    setup.registries.forgetCalls();
    await setup.sync([pruningMirror()]);
    const unrecorded = setup.target.calls.length;
    await putImages(setup.target, ["v0"]);
    setup.registries.forgetCalls();
    await setup.sync([pruningMirror()]);
    expect(setup.target.calls.length).toBe(unrecorded);
  });
});

describe("what a mirror owns of tags that never move", () => {
  const immutable = (leftOut: readonly string[] = []) => pruningMirror(leftOut, { immutable: (tags) => new Set(tags) });

  it("is compared with the source once, where nothing is recorded", async () => {
    setup.owner = undefined;
    await setup.sync([immutable()]);
    setup.owner = "mirrors.yaml";
    setup.registries.forgetCalls();
    expect(await setup.sync([immutable()])).toMatchObject({ outcomes: { unchanged: 5, copied: 0 } });
    expect(setup.source.about("resolve")).toHaveLength(5);
    expect(setup.target.about("resolve")).toHaveLength(5);
    setup.registries.forgetCalls();
    await setup.sync([immutable()]);
    expect([...setup.source.about("resolve"), ...setup.target.about("resolve")]).toEqual([]);
    expect(plannedDeletions(await setup.plan([immutable(["v2"])]))).toEqual({ v2: "equal" });
  });

  it("is not one that differs from its source; it is left as it is", async () => {
    await setup.target.tag((await putImages(setup.target, ["x"]))[0] as never, "v1");
    await setup.sync([immutable()]);
    const there = await setup.target.resolve("v1");
    expect(there.digest).toBe((await setup.target.resolve("x")).digest);
    const result = await setup.sync([immutable(["v1", "v2"])]);
    expect(withOutcome(result, "deleted")).toEqual(["v2"]);
  });

  it("is not one that differs from its source where the target's list has digests either", async () => {
    const { target } = setup;
    await target.tag((await putImages(target, ["x"]))[0] as never, "v1");
    Object.assign(target, {
      listedTags: async function* () {
        for await (const name of target.tags()) yield { name, digest: (await target.resolve(name)).digest };
      },
    });
    await setup.sync([immutable()]);
    await setup.sync([immutable()]);
    expect(plannedDeletions(await setup.plan([immutable(["v1", "v2"])]))).toEqual({ v2: "written" });
  });

  it("costs nothing where the mirror does not prune, or owns by pattern", async () => {
    const plain = pruningMirror([], { immutable: (tags) => new Set(tags), targets: [{ to: "dst/app" }] });
    const byPattern = pruningMirror([], { immutable: (tags) => new Set(tags), ownership: "pattern" });
    await setup.sync([plain]);
    setup.journal = new MemoryJournal();
    for (const mirror of [plain, byPattern]) {
      setup.registries.forgetCalls();
      await setup.sync([mirror]);
      expect(setup.source.about("resolve")).toEqual([]);
    }
  });
});

describe("applyPlan() and what a mirror owns", () => {
  it("records what it copies, and not what a plan calls unchanged: that is the plan's word alone", async () => {
    await setup.apply(await setup.plan([pruningMirror(["v5"])]));
    expect(plannedDeletions(await setup.plan([pruningMirror(["v1", "v5"])]))).toEqual({ v1: "written" });
    setup.journal = new MemoryJournal();
    await setup.apply(await setup.plan([pruningMirror()]));
    expect(plannedDeletions(await setup.plan([pruningMirror(["v1", "v5"])]))).toEqual({ v5: "written" });
  });

  it.each(["skip", "copy", "retag"] as const)(
    "makes no tag of somebody else's the mirror's own by %s, whatever the plan says of both sides",
    async (action) => {
      await setup.sync([pruningMirror()]);
      const plan = await setup.plan([pruningMirror()]);
      const { digest } = await setup.target.resolve("v1");
      await setup.target.tag(await setup.target.resolve("v1"), "theirs");
      const names = { mirror: "src/app", from: "src/app", to: "dst/app", tag: "theirs", targetTag: "theirs" };
      const reason = action === "skip" ? "unchanged" : "referrers";
      const image = { ...names, action, reason, source: digest, root: digest, there: digest, referrers: true } as const;
      await setup.apply({ ...plan, images: [...plan.images, image] });
      const place = { mirror: "mirrors.yaml src/app", target: "dst/app" };
      expect(await setup.journal.ownership.find(place, "theirs")).toBeUndefined();
    },
  );

  it("keeps what is not recorded any more, or with another digest, and says so", async () => {
    await setup.sync([pruningMirror()]);
    const plan = await setup.plan([pruningMirror(["v1", "v2", "v3"])]);
    const place = { mirror: "mirrors.yaml src/app", target: "dst/app" };
    const { ownership } = setup.journal;
    await ownership.drop(place, "v1", (await setup.target.resolve("v1")).digest);
    const other = (await setup.target.resolve("v5")).digest;
    await ownership.record(place, { tag: "v2", digest: other, because: "written" });
    const result = await setup.apply(plan);
    expect(withOutcome(result, "deleted")).toEqual(["v3"]);
    const whys = result.images.flatMap(({ targetTag, why }) => (why === undefined ? [] : [[targetTag, why]]));
    expect(whys).toEqual([
      ["v1", "no record says that this mirror wrote it"],
      ["v2", `the record of what this mirror wrote says "${other}"`],
    ]);
    expect(await setup.tags()).toEqual(["v1", "v2", "v4", "v5"]);
  });

  it("deletes nothing by records where the plan names no owner, or another one", async () => {
    await setup.sync([pruningMirror()]);
    const plan = await setup.plan([pruningMirror(["v1"])]);
    for (const owner of [undefined, "other.yaml"]) {
      expect((await setup.apply({ ...plan, owner })).outcomes).toMatchObject({ deleted: 0, kept: 1 });
    }
    expect((await setup.apply(plan)).outcomes).toMatchObject({ deleted: 1 });
  });

  it("refuses a plan that does not say why a tag is own", async () => {
    await setup.sync([pruningMirror()]);
    const plan = await setup.plan([pruningMirror(["v1"])]);
    const images = plan.images.map(({ own: _, ...image }) => image);
    expect(() => parseSyncPlan(JSON.stringify({ ...plan, images }))).toThrow(
      "own is missing: only what is the mirror's own",
    );
    const wrong = plan.images.map((image) => (image.own ? { ...image, own: { because: "guessed" } } : image));
    expect(() => parseSyncPlan(JSON.stringify({ ...plan, images: wrong }))).toThrow("written, equal, pattern");
  });

  it("planSync() records nothing", async () => {
    setup.owner = undefined;
    await setup.sync([pruningMirror()]);
    setup.owner = "mirrors.yaml";
    await setup.plan([pruningMirror()]);
    expect(plannedDeletions(await setup.plan([pruningMirror(LEFT_OUT)]))).toEqual({});
  });
});
