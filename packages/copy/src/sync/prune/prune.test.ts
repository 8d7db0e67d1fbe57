import { type Descriptor, StoreError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { PruningSetup, pruningMirror, withOutcome } from "../../../../../test/support/pruning-setup.ts";
import type { RecordingStore } from "../../../../../test/support/recording-store.ts";
import { buildArtifact, buildImage, buildIndex, putManifest } from "../../../../../test/support/small-image.ts";
import { putImages } from "../../../../../test/support/sync-setup.ts";
import type { CopyEvent } from "../../events/events.ts";
import { parseSyncPlan } from "../file/parse-sync-plan.ts";
import type { SyncPlan } from "../file/sync-plan.ts";
import type { PruneLimit, SyncRepository } from "../sync-repository.ts";

let setup: PruningSetup;
let source: RecordingStore;
let target: RecordingStore;
const sync: PruningSetup["sync"] = (...args) => setup.sync(...args);
const planSync: PruningSetup["plan"] = (...args) => setup.plan(...args);
const applyPlan: PruningSetup["apply"] = (...args) => setup.apply(...args);

beforeEach(async () => {
  setup = await PruningSetup.of();
  ({ source, target } = setup);
});

const tagsOf = async (store: RecordingStore): Promise<readonly string[]> =>
  (await Array.fromAsync(store.tags())).toSorted();
const deletions = ({ images }: SyncPlan) =>
  images.filter(({ action }) => action === "delete").map(({ targetTag, reason }) => [targetTag, reason]);
const written = (plan: SyncPlan): SyncPlan => parseSyncPlan(JSON.stringify(plan));

describe("pruning", () => {
  beforeEach(async () => {
    await sync([pruningMirror()]);
  });

  it("deletes what the source has no more and what is chosen no more, and nothing that the mirror could not have made", async () => {
    await target.tag(await target.resolve("v1"), "stable");
    await source.untag("v2");
    const plan = await planSync([pruningMirror(["v3"])]);
    expect(deletions(plan)).toEqual([
      ["v2", "gone"],
      ["v3", "unselected"],
    ]);
    expect(await tagsOf(target)).toHaveLength(6);

    const result = await sync([pruningMirror(["v3"])]);
    expect(result).toMatchObject({ ok: true, outcomes: { deleted: 2, unchanged: 3 } });
    expect(await tagsOf(target)).toEqual(["stable", "v1", "v4", "v5"]);
  });

  it("deletes nothing where the mirror does not prune, and finds nothing more the second time", async () => {
    await sync([{ ...pruningMirror(["v3"]), targets: [{ to: "dst/app" }] }]);
    expect(await tagsOf(target)).toHaveLength(5);
    await sync([pruningMirror(["v3"])]);
    target.calls.length = 0;
    expect((await sync([pruningMirror(["v3"])])).outcomes).toMatchObject({ deleted: 0, unchanged: 4 });
    // What keeps the rest costs nothing: a list and a HEAD a tag.
    expect(target.calls.map(({ method }) => method).toSorted()).toEqual([
      "resolve",
      "resolve",
      "resolve",
      "resolve",
      "tags",
    ]);
  });

  it("deletes tags alone: what other tags stand for stays", async () => {
    await target.tag(await target.resolve("v2"), "pinned");
    await sync([pruningMirror(["v2"])]);
    expect((await target.resolve("pinned")).digest).toBe((await source.resolve("v2")).digest);
    expect(target.about("untag")).toEqual(["v2"]);
    expect(target.about("delete")).toEqual([]);
  });

  it.each([
    ["lists nothing", ["v1", "v2", "v3", "v4", "v5"], "src/app lists 0 of these tags where the target has 5"],
    [
      "lists half of what the target has, or less",
      ["v1", "v2", "v3"],
      "src/app lists 2 of these tags where the target has 5",
    ],
  ])("deletes nothing where the source %s, and says so", async (_, gone, said) => {
    for (const tag of gone) await source.untag(tag);
    const result = await sync([pruningMirror()]);
    expect(result.outcomes.deleted).toBe(0);
    expect(result.notices.join()).toContain(`Nothing is deleted at dst/app: ${said}`);
    expect(await tagsOf(target)).toHaveLength(5);
  });

  it("believes a source that has shrunken where that is allowed, but never one that lists nothing", async () => {
    const limit = { maxDelete: 50, allowShrunken: true };
    for (const tag of ["v1", "v2", "v3", "v4"]) await source.untag(tag);
    expect((await sync([pruningMirror([], { limit })])).outcomes.deleted).toBe(4);
    await source.untag("v5");
    const result = await sync([pruningMirror([], { limit })]);
    expect(result.outcomes.deleted).toBe(0);
    expect(result.notices.join()).toContain("an empty list deletes nothing");
  });

  it("deletes nothing where the source's list fails, or may be another one's", async () => {
    source.before = ({ method }) => {
      if (method === "tags") throw new StoreError("NETWORK", "no route");
    };
    expect((await sync([pruningMirror(["v3"])])).outcomes).toMatchObject({ deleted: 0, failed: 1 });
    source.before = () => {};
    const tags = async () => ({ tags: ["v1"], incomplete: "the list is from a mirror" });
    const result = await sync([pruningMirror([], { tags })]);
    expect(result.notices).toEqual(["Nothing is deleted at dst/app: the list is from a mirror"]);
    expect(await tagsOf(target)).toHaveLength(5);
  });

  it("deletes nothing where something that is to stay could not be copied, and says what it keeps", async () => {
    await putImages(source, ["v6"]);
    target.before = ({ method }) => {
      if (method === "push") throw new StoreError("DENIED", "no");
    };
    const result = await sync([pruningMirror(["v3"])]);
    expect(result.outcomes).toMatchObject({ failed: 1, deleted: 0, kept: 1 });
    expect(result.images.find(({ outcome }) => outcome === "kept")).toMatchObject({
      targetTag: "v3",
      why: "not all that is to stay there could be copied",
    });
    expect(await tagsOf(target)).toHaveLength(5);
  });

  it("deletes nothing after a failure that ends the run, and says what was left", async () => {
    await putImages(source, ["v6"]);
    const plan = await planSync([pruningMirror(["v3"])]);
    target.before = ({ method }) => {
      if (method === "push") throw new StoreError("DENIED", "no");
    };
    const result = await applyPlan(plan, { failFast: true, images: 1 });
    expect(result.outcomes).toMatchObject({ failed: 1, deleted: 0, left: 1 });
    expect(withOutcome(result, "left")).toEqual(["v3"]);
  });

  it("deletes after everything else of the run", async () => {
    await putImages(source, ["v6", "v7"]);
    target.calls.length = 0;
    await sync([pruningMirror(["v1"])]);
    const order = target.calls.map(({ method }) => method);
    expect(order.indexOf("untag")).toBeGreaterThan(order.lastIndexOf("push"));
    expect(order.lastIndexOf("untag")).toBe(order.length - 1);
  });

  it("deletes nothing of a mirror that would delete more than its limit at all its targets, and fails", async () => {
    const limit: PruneLimit = { maxDelete: 3 };
    await sync([pruningMirror([], { targets: [{ to: "dst/other" }] })]);
    const both = pruningMirror(["v1", "v2"], { limit });
    const [{ prune } = { prune: undefined }] = both.targets;
    const repository = {
      ...both,
      targets: [
        { to: "dst/app", prune },
        { to: "dst/other", prune },
      ],
    };
    const plan = await planSync([repository]);
    expect(deletions(plan)).toEqual([]);
    expect(plan.unresolved).toMatchObject([{ mirror: "app", error: { code: "TOO_MANY_DELETIONS" } }]);
    expect(plan.unresolved[0]?.error.message).toBe(
      'Cannot prune "app": 4 tags would be deleted at dst/app, dst/other, and the limit is 3; nothing is. If it is right, say --max-delete 4',
    );

    const result = await sync([repository]);
    expect(result).toMatchObject({ ok: false, outcomes: { deleted: 0, failed: 1 } });
    expect(await tagsOf(target)).toHaveLength(5);
  });

  it("deletes nothing in a repository that another mirror writes to, or is known to be written to", async () => {
    await putImages(setup.registries.store("src/other"), ["w1"]);
    const other: SyncRepository = { mirror: "other", from: "src/other", targets: [{ to: "dst/app" }], tags: ["w1"] };
    const shared = await sync([pruningMirror(["v3"]), other]);
    expect(shared.notices).toEqual(["Nothing is deleted at dst/app: another mirror writes there too"]);
    const forbidden = await sync([pruningMirror(["v3"], { forbidden: "r.example/x is written there too" })]);
    expect(forbidden.notices).toEqual(["Nothing is deleted at dst/app: r.example/x is written there too"]);
    expect(await tagsOf(target)).toContain("v3");
  });

  it("deletes nothing where the target's tags can't be listed, and says so", async () => {
    target.before = ({ method }) => {
      if (method === "tags") throw new StoreError("DENIED", "no");
    };
    const result = await sync([pruningMirror(["v3"])]);
    expect(result.notices).toEqual(["Nothing is deleted at dst/app: it does not let its tags be listed"]);
    expect(result.outcomes).toMatchObject({ unchanged: 4, deleted: 0 });
  });

  it("leaves what the registry lists as locked, and says so", async () => {
    Object.assign(target, {
      listedTags: async function* () {
        for await (const name of target.tags()) yield { name, locked: name === "v3" };
      },
    });
    const result = await sync([pruningMirror(["v3", "v4"])]);
    expect(result.notices).toContain("dst/app: what is locked stays: v3");
    expect(withOutcome(result, "deleted")).toEqual(["v4"]);
  });

  it("keeps what refuses for its lock", async () => {
    target.before = ({ method }) => {
      if (method === "untag") throw new StoreError("LOCKED", "it is locked");
    };
    const result = await sync([pruningMirror(["v3"])]);
    expect(result.images.find(({ outcome }) => outcome === "kept")).toMatchObject({
      targetTag: "v3",
      why: "it is locked",
    });
    expect(result.ok).toBe(true);
  });

  it("tells of what could not be deleted, and deletes the rest; an event of each, as it ends", async () => {
    target.before = ({ method, about }) => {
      if (method === "untag" && about === "v3") throw new StoreError("DENIED", "no");
    };
    const digest = (await target.resolve("v2")).digest;
    const events: CopyEvent[] = [];
    const result = await sync([pruningMirror(["v2", "v3", "v4"])], { onEvent: (event) => events.push(event) });
    expect(result).toMatchObject({ ok: false, outcomes: { deleted: 2, failed: 1 } });
    expect(events.map(({ type, from, to }) => [type, from, to]).toSorted()).toEqual([
      ["deleted", "src/app:v2", "dst/app:v2"],
      ["deleted", "src/app:v4", "dst/app:v4"],
      ["failed", "src/app:v3", "dst/app:v3"],
    ]);
    expect(events).toContainEqual({ type: "deleted", from: "src/app:v2", to: "dst/app:v2", reference: "v2", digest });
    expect(events).toContainEqual(expect.objectContaining({ error: expect.objectContaining({ message: "no" }) }));
  });
});

describe("applyPlan() of deletions", () => {
  let plan: SyncPlan;
  beforeEach(async () => {
    await sync([pruningMirror()]);
    plan = written(await planSync([pruningMirror(["v2", "v3"])]));
  });

  it("deletes what is planned and no more, and nothing the second time", async () => {
    await source.untag("v1");
    expect((await applyPlan(plan)).outcomes).toMatchObject({ deleted: 2, unchanged: 3 });
    expect(await tagsOf(target)).toEqual(["v1", "v4", "v5"]);
    target.calls.length = 0;
    expect((await applyPlan(plan)).outcomes).toMatchObject({ deleted: 0, unchanged: 5 });
    expect(target.about("untag", "delete")).toEqual([]);
  });

  it("refuses a tag that has moved since, whatever is allowed, and deletes the rest", async () => {
    await target.tag(await target.resolve("v5"), "v2");
    const result = await applyPlan(plan, { allowTargetMoved: true });
    expect(result).toMatchObject({ ok: false, outcomes: { deleted: 1, refused: 1 } });
    expect(result.images.find(({ outcome }) => outcome === "refused")).toMatchObject({
      targetTag: "v2",
      error: { code: "TARGET_MOVED" },
    });
    expect(await tagsOf(target)).toEqual(["v1", "v2", "v4", "v5"]);
  });

  it("deletes nothing where what is to stay is not there any more", async () => {
    await target.untag("v4");
    target.calls.length = 0;
    const result = await applyPlan(plan);
    expect(withOutcome(result, "kept")).toEqual(["v2", "v3"]);
    expect(result.images.find(({ outcome }) => outcome === "kept")?.why).toBe(
      "dst/app:v4, which is to stay, is not as it was planned",
    );
    expect(target.about("untag")).toEqual([]);
  });

  it("is refused where the plan does not say what the tag stood for", () => {
    const images = plan.images.map(({ there: _, ...image }) =>
      image.action === "delete" ? image : { ...image, there: null },
    );
    expect(() => parseSyncPlan(JSON.stringify({ ...plan, images }))).toThrow(
      "there is missing: a tag is deleted while",
    );
  });
});

/** A registry that deletes manifests, and no tag alone. */
function deletesByDigest(store: RecordingStore): void {
  store.before = ({ method }) => {
    if (method === "untag") throw new StoreError("UNSUPPORTED", "tags can't be deleted");
  };
}

describe("pruning where tags can't be deleted alone", () => {
  it("deletes manifests that no other tag and no index needs, and says what keeps the others", async () => {
    const [one, two] = await Promise.all(
      ["linux/amd64", "linux/arm64"].map((platform) => buildImage(source, platform, ["base", platform])),
    );
    await buildIndex(source, [one as never, two as never], "v8");
    await source.tag((one as { manifest: Descriptor }).manifest, "v9");
    await sync([pruningMirror()]);
    await target.tag(await target.resolve("v1"), "pinned");
    deletesByDigest(target);
    target.calls.length = 0;

    const result = await sync([pruningMirror(["v1", "v2", "v9"])]);

    // What goes is read when it is planned. What an index lists as a platform's image is known by
    // its list.
    const read = target.about("open");
    expect(read.slice(0, 3).toSorted()).toEqual(["v1", "v2", "v9"]);
    expect(read.slice(3).toSorted()).toEqual(["pinned", "v1", "v2", "v3", "v4", "v5", "v8", "v9"]);
    expect(withOutcome(result, "deleted")).toEqual(["v2"]);
    const why = Object.fromEntries(
      result.images.flatMap(({ targetTag, why: said }) => (said ? [[targetTag, said]] : [])),
    );
    expect(why).toEqual({
      v1: 'the registry deletes by digest only, and "pinned" has the same digest',
      v9: 'the registry deletes by digest only, and "v8" needs its digest',
    });
    expect(await tagsOf(target)).toEqual(["pinned", "v1", "v3", "v4", "v5", "v8", "v9"]);
  });

  it("keeps what an index below a kept one lists, and what an artifact is about that is listed without a platform", async () => {
    const image = await buildImage(source, "linux/amd64", ["base", "own"]);
    const inner = await buildIndex(source, [image]);
    const artifact = await buildArtifact(source, "application/vnd.example.sbom", await source.resolve("v2"));
    const outer = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json" };
    await putManifest(source, { ...outer, manifests: [inner] }, "v7");
    await putManifest(source, { ...outer, manifests: [artifact] }, "v8");
    await source.tag(image.manifest, "v9");
    await sync([pruningMirror()]);
    deletesByDigest(target);

    const result = await sync([pruningMirror(["v2", "v9"])]);
    expect(withOutcome(result, "kept").toSorted()).toEqual(["v2", "v9"]);
    expect(result.outcomes.deleted).toBe(0);
  });

  it("deletes a manifest once whose tags all go, and an index before the image that it lists", async () => {
    const image = await buildImage(source, "linux/amd64", ["base", "own"]);
    await buildIndex(source, [image], "v8");
    await source.tag(image.manifest, "v9");
    await source.tag(image.manifest, "v9.1");
    await sync([pruningMirror()]);
    const index = (await source.resolve("v8")).digest;
    deletesByDigest(target);
    target.calls.length = 0;

    const deleted: (string | undefined)[] = [];
    const onEvent = (event: CopyEvent) => event.type === "deleted" && deleted.push(event.reference);
    const result = await sync([pruningMirror(["v8", "v9", "v9.1"])], { onEvent });

    expect(result.outcomes).toMatchObject({ deleted: 3, kept: 0 });
    expect(deleted.toSorted()).toEqual(["v8", "v9", "v9.1"]);
    expect(target.about("delete")).toEqual([index, image.manifest.digest]);
  });

  it("deletes nothing where what else is there can't be read", async () => {
    await sync([pruningMirror()]);
    target.before = ({ method, about }) => {
      if (method === "untag") throw new StoreError("UNSUPPORTED", "tags can't be deleted");
      if (method === "open" && about !== "v1") throw new StoreError("NETWORK", "no route");
    };
    const result = await sync([pruningMirror(["v1"])]);
    expect(result.outcomes).toMatchObject({ deleted: 0, kept: 1 });
    expect(target.about("delete")).toEqual([]);
  });
});

describe("pruning of digest tags", () => {
  const signed = (leftOut: readonly string[] = []): SyncRepository => pruningMirror(leftOut, { cosignTags: true });

  /** Signs as cosign does. */
  async function sign(store: RecordingStore, subject: Descriptor, suffix = ".sig"): Promise<string> {
    const tag = `${subject.digest.replace(":", "-")}${suffix}`;
    const annotations = { signs: subject.digest };
    await putManifest(
      store,
      { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [], annotations },
      tag,
    );
    return tag;
  }

  it("lets them follow what they are about, and brings them not back", async () => {
    const [first, second] = [await source.resolve("v1"), await source.resolve("v2")];
    const [going, staying] = [await sign(source, first), await sign(source, second)];
    await sync([signed()]);
    expect(await tagsOf(target)).toEqual(expect.arrayContaining([going, staying]));

    const plan = await planSync([signed(["v1"])]);
    expect(deletions(plan)).toEqual([
      ["v1", "unselected"],
      [going, "follows"],
    ]);
    await sync([signed(["v1"])]);
    expect(await tagsOf(target)).toEqual([staying, "v2", "v3", "v4", "v5"].toSorted());
    // The manifest is there still, without a tag.
    expect(await target.has(first)).toBe(true);
    expect((await sync([signed(["v1"])])).outcomes).toMatchObject({ copied: 0, deleted: 0 });
    expect(await tagsOf(target)).not.toContain(going);
  });

  it("keeps those of images that a kept index lists, and of what a tag of somebody else stands for", async () => {
    const image = await buildImage(source, "linux/amd64", ["base", "own"]);
    await buildIndex(source, [image], "v8");
    const below = await sign(source, image.manifest);
    const foreign = await sign(source, await source.resolve("v1"));
    await sync([signed()]);
    await target.tag(await target.resolve("v1"), "pinned");

    const result = await sync([signed(["v1"])]);
    expect(withOutcome(result, "deleted")).toEqual(["v1"]);
    expect(await tagsOf(target)).toEqual(expect.arrayContaining([below, foreign]));
    // Signed images that did not change cost nothing more.
    await sync([signed(["v1"])]);
  });

  it("leaves those alone that the mirror does not copy", async () => {
    await sync([pruningMirror()]);
    const own = await sign(target, await target.resolve("v1"));
    await sync([pruningMirror(["v1"])]);
    expect(await tagsOf(target)).toContain(own);
  });

  it("keeps them where what they are about could not be deleted", async () => {
    const tag = await sign(source, await source.resolve("v1"));
    await sync([signed()]);
    target.before = ({ method, about }) => {
      if (method === "untag" && about === "v1") throw new StoreError("DENIED", "no");
    };
    const result = await sync([signed(["v1"])]);
    expect(result.outcomes).toMatchObject({ failed: 1, kept: 1 });
    expect(await tagsOf(target)).toContain(tag);
  });

  it("keeps referrers of what stays", async () => {
    const artifact = await buildArtifact(source, "application/vnd.example.sbom", await source.resolve("v2"));
    const whole = (leftOut: readonly string[] = []) => pruningMirror(leftOut, { referrers: true });
    await sync([whole()]);
    deletesByDigest(target);
    await sync([whole(["v1"])]);
    expect(await target.has(artifact)).toBe(true);
    expect(await tagsOf(target)).toEqual(["v2", "v3", "v4", "v5"]);
  });
});
