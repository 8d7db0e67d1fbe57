import { type Descriptor, MemoryJournal, StoreError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import type { RecordingStore } from "../../../../../test/support/recording-store.ts";
import { buildArtifact, buildImage, buildIndex, putManifest } from "../../../../../test/support/small-image.ts";
import { MemoryRegistries, putImages } from "../../../../../test/support/sync-setup.ts";
import type { CopyEvent } from "../../events.ts";
import { CopyRun } from "../../run.ts";
import { applyPlan as applyAny } from "../apply-plan.ts";
import { parseSyncPlan } from "../parse-sync-plan.ts";
import { planSync as planAny } from "../plan-sync.ts";
import { sync as syncAny } from "../sync.ts";
import type { SyncPlan } from "../sync-plan.ts";
import type { PruneLimit, PruneOwned, SyncRepository } from "../sync-repository.ts";
import type { SyncResult } from "../sync-result.ts";

/** What the runs of a test record: tags that one has written are the next one's own. */
let journal: MemoryJournal;
const run = (): { readonly run: CopyRun } => ({ run: new CopyRun({ journal }) });
const OWNER = "mirrors.yaml";
const sync: typeof syncAny = (mirrors, stores, options) =>
  syncAny(mirrors, stores, { ...run(), owner: OWNER, ...options });
const planSync: typeof planAny = (mirrors, stores, options) =>
  planAny(mirrors, stores, { ...run(), owner: OWNER, ...options });
const applyPlan: typeof applyAny = (plan, stores, options) => applyAny(plan, stores, { ...run(), ...options });

let registries: MemoryRegistries;
let source: RecordingStore;
let target: RecordingStore;

beforeEach(async () => {
  journal = new MemoryJournal();
  registries = new MemoryRegistries();
  [source, target] = [registries.store("src/app"), registries.store("dst/app")];
  await putImages(source, ["v1", "v2", "v3", "v4", "v5"]);
});

/** A mirror of the tags that begin with `v`, but for those that are left out; it owns all of them. */
function mirror(
  leftOut: readonly string[] = [],
  { limit = { maxDelete: 50 }, ...rest }: Partial<PruneOwned> & Partial<SyncRepository> = {},
): SyncRepository {
  const { forbidden, ...spec } = rest;
  const owned = (tags: readonly string[]) =>
    new Map(tags.filter((tag) => tag.startsWith("v")).map((tag) => [tag, tag]));
  const prune: PruneOwned = { limit, owned, forbidden };
  return {
    mirror: "app",
    from: "src/app",
    targets: [{ to: "dst/app", prune }],
    tags: async (listed) => ({
      tags: listed.map(({ name }) => name).filter((name) => name.startsWith("v") && !leftOut.includes(name)),
    }),
    ...spec,
  };
}

const tagsOf = async (store: RecordingStore): Promise<readonly string[]> =>
  (await Array.fromAsync(store.tags())).toSorted();
const deletions = ({ images }: SyncPlan) =>
  images.filter(({ action }) => action === "delete").map(({ targetTag, reason }) => [targetTag, reason]);
const outcomes = ({ images }: SyncResult, outcome: string) =>
  images.filter((image) => image.outcome === outcome).map(({ targetTag }) => targetTag);
const written = (plan: SyncPlan): SyncPlan => parseSyncPlan(JSON.stringify(plan));

describe("pruning", () => {
  beforeEach(async () => {
    await sync([mirror()], registries);
  });

  it("deletes what the source has no more and what is chosen no more, and nothing that the mirror could not have made", async () => {
    await target.tag(await target.resolve("v1"), "stable");
    await source.untag("v2");
    const plan = await planSync([mirror(["v3"])], registries);
    expect(deletions(plan)).toEqual([
      ["v2", "gone"],
      ["v3", "unselected"],
    ]);
    expect(await tagsOf(target)).toHaveLength(6);

    const result = await sync([mirror(["v3"])], registries);
    expect(result).toMatchObject({ ok: true, outcomes: { deleted: 2, unchanged: 3 } });
    expect(await tagsOf(target)).toEqual(["stable", "v1", "v4", "v5"]);
  });

  it("deletes nothing where the mirror does not prune, and finds nothing more the second time", async () => {
    await sync([{ ...mirror(["v3"]), targets: [{ to: "dst/app" }] }], registries);
    expect(await tagsOf(target)).toHaveLength(5);
    await sync([mirror(["v3"])], registries);
    target.calls.length = 0;
    expect((await sync([mirror(["v3"])], registries)).outcomes).toMatchObject({ deleted: 0, unchanged: 4 });
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
    await sync([mirror(["v2"])], registries);
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
    const result = await sync([mirror()], registries);
    expect(result.outcomes.deleted).toBe(0);
    expect(result.notices.join()).toContain(`Nothing is deleted at dst/app: ${said}`);
    expect(await tagsOf(target)).toHaveLength(5);
  });

  it("believes a source that has shrunken where that is allowed, but never one that lists nothing", async () => {
    const limit = { maxDelete: 50, allowShrunken: true };
    for (const tag of ["v1", "v2", "v3", "v4"]) await source.untag(tag);
    expect((await sync([mirror([], { limit })], registries)).outcomes.deleted).toBe(4);
    await source.untag("v5");
    const result = await sync([mirror([], { limit })], registries);
    expect(result.outcomes.deleted).toBe(0);
    expect(result.notices.join()).toContain("an empty list deletes nothing");
  });

  it("deletes nothing where the source's list fails, or may be another one's", async () => {
    source.before = ({ method }) => {
      if (method === "tags") throw new StoreError("NETWORK", "no route");
    };
    expect((await sync([mirror(["v3"])], registries)).outcomes).toMatchObject({ deleted: 0, failed: 1 });
    source.before = () => {};
    const tags = async () => ({ tags: ["v1"], incomplete: "the list is from a mirror" });
    const result = await sync([mirror([], { tags })], registries);
    expect(result.notices).toEqual(["Nothing is deleted at dst/app: the list is from a mirror"]);
    expect(await tagsOf(target)).toHaveLength(5);
  });

  it("deletes nothing where something that is to stay could not be copied, and says what it keeps", async () => {
    await putImages(source, ["v6"]);
    target.before = ({ method }) => {
      if (method === "push") throw new StoreError("DENIED", "no");
    };
    const result = await sync([mirror(["v3"])], registries);
    expect(result.outcomes).toMatchObject({ failed: 1, deleted: 0, kept: 1 });
    expect(result.images.find(({ outcome }) => outcome === "kept")).toMatchObject({
      targetTag: "v3",
      why: "not all that is to stay there could be copied",
    });
    expect(await tagsOf(target)).toHaveLength(5);
  });

  it("deletes nothing after a failure that ends the run, and says what was left", async () => {
    await putImages(source, ["v6"]);
    const plan = await planSync([mirror(["v3"])], registries);
    target.before = ({ method }) => {
      if (method === "push") throw new StoreError("DENIED", "no");
    };
    const result = await applyPlan(plan, registries, { failFast: true, images: 1 });
    expect(result.outcomes).toMatchObject({ failed: 1, deleted: 0, left: 1 });
    expect(outcomes(result, "left")).toEqual(["v3"]);
  });

  it("deletes after everything else of the run", async () => {
    await putImages(source, ["v6", "v7"]);
    target.calls.length = 0;
    await sync([mirror(["v1"])], registries);
    const order = target.calls.map(({ method }) => method);
    expect(order.indexOf("untag")).toBeGreaterThan(order.lastIndexOf("push"));
    expect(order.lastIndexOf("untag")).toBe(order.length - 1);
  });

  it("deletes nothing of a mirror that would delete more than its limit at all its targets, and fails", async () => {
    const limit: PruneLimit = { maxDelete: 3 };
    await sync([mirror([], { targets: [{ to: "dst/other" }] })], registries);
    const both = mirror(["v1", "v2"], { limit });
    const [{ prune } = { prune: undefined }] = both.targets;
    const repository = {
      ...both,
      targets: [
        { to: "dst/app", prune },
        { to: "dst/other", prune },
      ],
    };
    const plan = await planSync([repository], registries);
    expect(deletions(plan)).toEqual([]);
    expect(plan.unresolved).toMatchObject([{ mirror: "app", error: { code: "TOO_MANY_DELETIONS" } }]);
    expect(plan.unresolved[0]?.error.message).toBe(
      'Cannot prune "app": 4 tags would be deleted at dst/app, dst/other, and the limit is 3; nothing is. If it is right, say --max-delete 4',
    );

    const result = await sync([repository], registries);
    expect(result).toMatchObject({ ok: false, outcomes: { deleted: 0, failed: 1 } });
    expect(await tagsOf(target)).toHaveLength(5);
  });

  it("deletes nothing in a repository that another mirror writes to, or is known to be written to", async () => {
    await putImages(registries.store("src/other"), ["w1"]);
    const other: SyncRepository = { mirror: "other", from: "src/other", targets: [{ to: "dst/app" }], tags: ["w1"] };
    const shared = await sync([mirror(["v3"]), other], registries);
    expect(shared.notices).toEqual(["Nothing is deleted at dst/app: another mirror writes there too"]);
    const forbidden = await sync([mirror(["v3"], { forbidden: "r.example/x is written there too" })], registries);
    expect(forbidden.notices).toEqual(["Nothing is deleted at dst/app: r.example/x is written there too"]);
    expect(await tagsOf(target)).toContain("v3");
  });

  it("deletes nothing where the target's tags can't be listed, and says so", async () => {
    target.before = ({ method }) => {
      if (method === "tags") throw new StoreError("DENIED", "no");
    };
    const result = await sync([mirror(["v3"])], registries);
    expect(result.notices).toEqual(["Nothing is deleted at dst/app: it does not let its tags be listed"]);
    expect(result.outcomes).toMatchObject({ unchanged: 4, deleted: 0 });
  });

  it("leaves what the registry lists as locked, and says so", async () => {
    Object.assign(target, {
      listedTags: async function* () {
        for await (const name of target.tags()) yield { name, locked: name === "v3" };
      },
    });
    const result = await sync([mirror(["v3", "v4"])], registries);
    expect(result.notices).toContain("dst/app: what is locked stays: v3");
    expect(outcomes(result, "deleted")).toEqual(["v4"]);
  });

  it("keeps what refuses for its lock", async () => {
    target.before = ({ method }) => {
      if (method === "untag") throw new StoreError("LOCKED", "it is locked");
    };
    const result = await sync([mirror(["v3"])], registries);
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
    const result = await sync([mirror(["v2", "v3", "v4"])], registries, { onEvent: (event) => events.push(event) });
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
    await sync([mirror()], registries);
    plan = written(await planSync([mirror(["v2", "v3"])], registries));
  });

  it("deletes what is planned and no more, and nothing the second time", async () => {
    await source.untag("v1");
    expect((await applyPlan(plan, registries)).outcomes).toMatchObject({ deleted: 2, unchanged: 3 });
    expect(await tagsOf(target)).toEqual(["v1", "v4", "v5"]);
    target.calls.length = 0;
    expect((await applyPlan(plan, registries)).outcomes).toMatchObject({ deleted: 0, unchanged: 5 });
    expect(target.about("untag", "delete")).toEqual([]);
  });

  it("refuses a tag that has moved since, whatever is allowed, and deletes the rest", async () => {
    await target.tag(await target.resolve("v5"), "v2");
    const result = await applyPlan(plan, registries, { allowTargetMoved: true });
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
    const result = await applyPlan(plan, registries);
    expect(outcomes(result, "kept")).toEqual(["v2", "v3"]);
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
    await sync([mirror()], registries);
    await target.tag(await target.resolve("v1"), "pinned");
    deletesByDigest(target);
    target.calls.length = 0;

    const result = await sync([mirror(["v1", "v2", "v9"])], registries);

    // What goes is read when it is planned. What an index lists as a platform's image is known by its list.
    const read = target.about("open");
    expect(read.slice(0, 3).toSorted()).toEqual(["v1", "v2", "v9"]);
    expect(read.slice(3).toSorted()).toEqual(["pinned", "v1", "v2", "v3", "v4", "v5", "v8", "v9"]);
    expect(outcomes(result, "deleted")).toEqual(["v2"]);
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
    await sync([mirror()], registries);
    deletesByDigest(target);

    const result = await sync([mirror(["v2", "v9"])], registries);
    expect(outcomes(result, "kept").toSorted()).toEqual(["v2", "v9"]);
    expect(result.outcomes.deleted).toBe(0);
  });

  it("deletes a manifest once whose tags all go, and an index before the image that it lists", async () => {
    const image = await buildImage(source, "linux/amd64", ["base", "own"]);
    await buildIndex(source, [image], "v8");
    await source.tag(image.manifest, "v9");
    await source.tag(image.manifest, "v9.1");
    await sync([mirror()], registries);
    const index = (await source.resolve("v8")).digest;
    deletesByDigest(target);
    target.calls.length = 0;

    const deleted: (string | undefined)[] = [];
    const onEvent = (event: CopyEvent) => event.type === "deleted" && deleted.push(event.reference);
    const result = await sync([mirror(["v8", "v9", "v9.1"])], registries, { onEvent });

    expect(result.outcomes).toMatchObject({ deleted: 3, kept: 0 });
    expect(deleted.toSorted()).toEqual(["v8", "v9", "v9.1"]);
    expect(target.about("delete")).toEqual([index, image.manifest.digest]);
  });

  it("deletes nothing where what else is there can't be read", async () => {
    await sync([mirror()], registries);
    target.before = ({ method, about }) => {
      if (method === "untag") throw new StoreError("UNSUPPORTED", "tags can't be deleted");
      if (method === "open" && about !== "v1") throw new StoreError("NETWORK", "no route");
    };
    const result = await sync([mirror(["v1"])], registries);
    expect(result.outcomes).toMatchObject({ deleted: 0, kept: 1 });
    expect(target.about("delete")).toEqual([]);
  });
});

describe("pruning of digest tags", () => {
  const signed = (leftOut: readonly string[] = []): SyncRepository => mirror(leftOut, { cosignTags: true });

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
    await sync([signed()], registries);
    expect(await tagsOf(target)).toEqual(expect.arrayContaining([going, staying]));

    const plan = await planSync([signed(["v1"])], registries);
    expect(deletions(plan)).toEqual([
      ["v1", "unselected"],
      [going, "follows"],
    ]);
    await sync([signed(["v1"])], registries);
    expect(await tagsOf(target)).toEqual([staying, "v2", "v3", "v4", "v5"].toSorted());
    // The manifest is there still, without a tag.
    expect(await target.has(first)).toBe(true);
    expect((await sync([signed(["v1"])], registries)).outcomes).toMatchObject({ copied: 0, deleted: 0 });
    expect(await tagsOf(target)).not.toContain(going);
  });

  it("keeps those of images that a kept index lists, and of what a tag of somebody else stands for", async () => {
    const image = await buildImage(source, "linux/amd64", ["base", "own"]);
    await buildIndex(source, [image], "v8");
    const below = await sign(source, image.manifest);
    const foreign = await sign(source, await source.resolve("v1"));
    await sync([signed()], registries);
    await target.tag(await target.resolve("v1"), "pinned");

    const result = await sync([signed(["v1"])], registries);
    expect(outcomes(result, "deleted")).toEqual(["v1"]);
    expect(await tagsOf(target)).toEqual(expect.arrayContaining([below, foreign]));
    // Signed images that did not change cost nothing more.
    await sync([signed(["v1"])], registries);
  });

  it("leaves those alone that the mirror does not copy", async () => {
    await sync([mirror()], registries);
    const own = await sign(target, await target.resolve("v1"));
    await sync([mirror(["v1"])], registries);
    expect(await tagsOf(target)).toContain(own);
  });

  it("keeps them where what they are about could not be deleted", async () => {
    const tag = await sign(source, await source.resolve("v1"));
    await sync([signed()], registries);
    target.before = ({ method, about }) => {
      if (method === "untag" && about === "v1") throw new StoreError("DENIED", "no");
    };
    const result = await sync([signed(["v1"])], registries);
    expect(result.outcomes).toMatchObject({ failed: 1, kept: 1 });
    expect(await tagsOf(target)).toContain(tag);
  });

  it("keeps referrers of what stays", async () => {
    const artifact = await buildArtifact(source, "application/vnd.example.sbom", await source.resolve("v2"));
    const whole = (leftOut: readonly string[] = []) => mirror(leftOut, { referrers: true });
    await sync([whole()], registries);
    deletesByDigest(target);
    await sync([whole(["v1"])], registries);
    expect(await target.has(artifact)).toBe(true);
    expect(await tagsOf(target)).toEqual(["v2", "v3", "v4", "v5"]);
  });
});
