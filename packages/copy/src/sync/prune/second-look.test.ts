import { type Descriptor, IncompleteListError, OCI_INDEX, StoreError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import {
  PruningSetup,
  plannedDeletions,
  pruningMirror,
  withOutcome,
} from "../../../../../test/support/pruning-setup.ts";
import { type Call, RecordingStore } from "../../../../../test/support/recording-store.ts";
import { buildArtifact, buildImage, putManifest } from "../../../../../test/support/small-image.ts";

let setup: PruningSetup;
beforeEach(async () => {
  setup = await PruningSetup.of();
});

/** Does something before the call that fits, once. */
function onceBefore(
  store: RecordingStore,
  fits: (call: Call, nth: number) => boolean,
  action: () => Promise<unknown>,
): void {
  const counts = new Map<string, number>();
  let done = false;
  store.before = async (call) => {
    const nth = (counts.get(call.method) ?? 0) + 1;
    counts.set(call.method, nth);
    if (done || !fits(call, nth)) return;
    done = true;
    await action();
  };
}

/** Before the tags are listed for the second time: when everything is planned. */
const beforeSecondList = ({ method }: Call, nth: number): boolean => method === "tags" && nth === 2;

function whys(result: Awaited<ReturnType<PruningSetup["sync"]>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    result.images.flatMap(({ targetTag, why, error }) => {
      const told = why ?? error?.message;
      return told && targetTag ? [[targetTag, told]] : [];
    }),
  );
}

describe("pruning of tags that changed while the run went on", () => {
  beforeEach(async () => {
    await setup.sync([pruningMirror()]);
  });

  it("lists the tags again, and asks for each right before its DELETE", async () => {
    setup.registries.forgetCalls();
    await setup.sync([pruningMirror(["v1", "v2", "v3"], { limit: { maxDelete: 3, allowShrunken: true } })]);
    const { calls } = setup.target;
    expect(calls.filter(({ method }) => method === "tags")).toHaveLength(2);
    for (const tag of ["v1", "v2", "v3"]) {
      const about = calls.filter((call) => call.about === tag).map(({ method }) => method);
      expect(about).toEqual(["open", "resolve", "untag"]);
    }
    const list = calls.findLastIndex(({ method }) => method === "tags");
    expect(calls.findIndex(({ method }) => method === "untag")).toBeGreaterThan(list);
    expect(calls.slice(list).filter(({ method }) => method === "resolve")).toHaveLength(3);
  });

  it.each([
    ["right before the tags are listed again", beforeSecondList],
    ["right before it is asked for", ({ method, about }: Call) => method === "resolve" && about === "v1"],
  ])("keeps a tag that was moved %s, and the run is well", async (_, fits) => {
    const { target } = setup;
    const now = await target.resolve("v5");
    onceBefore(target, fits, () => target.tag(now, "v1"));
    const result = await setup.sync([pruningMirror(["v1", "v2"])]);
    expect(result).toMatchObject({ ok: true, outcomes: { deleted: 1, kept: 1, failed: 0 } });
    expect(whys(result)).toEqual({ v1: `somebody else has moved it to "${now.digest}" during this run` });
    expect(await setup.tags()).toEqual(["v1", "v3", "v4", "v5"]);
    expect((await target.resolve("v1")).digest).toBe(now.digest);
  });

  it("keeps what the source has after all, though its list did not, and says so", async () => {
    const { source, target } = setup;
    const [first, second] = [await source.resolve("v1"), await source.resolve("v2")];
    for (const tag of ["v1", "v2"]) await source.untag(tag);
    // v1 comes back while the run goes on; of v2 the source only says so when it is asked.
    onceBefore(target, beforeSecondList, () => source.tag(first, "v1"));
    Object.assign(source, {
      resolve: async (reference: string) =>
        reference === "v2" ? second : RecordingStore.prototype.resolve.call(source, reference),
    });
    const result = await setup.sync([pruningMirror()]);
    expect(result).toMatchObject({ ok: true, outcomes: { deleted: 0, kept: 2 } });
    expect(whys(result)).toEqual({
      v1: `src/app:v1 is at the source after all: "${first.digest}"`,
      v2: `src/app:v2 is at the source after all: "${second.digest}"`,
    });
    expect(await setup.tags()).toHaveLength(5);
  });

  it("keeps what the source cannot be asked for; what it has and does not choose it is not asked for", async () => {
    const { source } = setup;
    await source.untag("v1");
    source.before = ({ method, about }) => {
      if (method === "resolve" && about === "v1") throw new StoreError("NETWORK", "no route");
    };
    source.calls.length = 0;
    const result = await setup.sync([pruningMirror(["v2"])]);
    expect(withOutcome(result, "deleted")).toEqual(["v2"]);
    expect(whys(result)["v1"]).toMatch(/^whether the source still has it cannot be found out: .*no route/);
    expect(source.about("resolve").filter((tag) => tag === "v2")).toEqual([]);
  });

  it("finds a tag that somebody has deleted to be gone", async () => {
    const { target } = setup;
    onceBefore(target, beforeSecondList, () => target.untag("v1"));
    const result = await setup.sync([pruningMirror(["v1", "v2"])]);
    expect(result).toMatchObject({ ok: true, outcomes: { deleted: 1, kept: 0 } });
    expect(target.about("untag")).toEqual(["v1", "v2"]);
  });

  it.each([
    ["fails", () => new StoreError("NETWORK", "no route"), "the target's tags cannot be listed again: no route"],
    ["is refused", () => new StoreError("DENIED", "no"), "the target does not let its tags be listed"],
    [
      "may lack tags",
      () => new IncompleteListError("its pages go in a circle", { method: "GET", url: "http://r.example/" }),
      "its pages go in a circle",
    ],
  ])("deletes nothing where the second list %s", async (_, error, why) => {
    onceBefore(setup.target, beforeSecondList, () => Promise.reject(error()));
    const result = await setup.sync([pruningMirror(["v1", "v2"])]);
    expect(whys(result)).toEqual({ v1: why, v2: why });
    expect(await setup.tags()).toHaveLength(5);
  });
});

/** Signs as cosign does. */
function sign(store: RecordingStore, subject: Pick<Descriptor, "digest">): Promise<string> {
  const tag = `${subject.digest.replace(":", "-")}.sig`;
  const document = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], annotations: { signs: subject.digest } };
  return putManifest(store, document, tag).then(() => tag);
}

/** Puts an artifact about something under a tag that somebody chose. */
async function attach(store: RecordingStore, subject: Descriptor, tag: string): Promise<Descriptor> {
  const artifact = await buildArtifact(store, "application/vnd.example.sbom", subject);
  await store.tag(artifact, tag);
  return artifact;
}

describe("pruning of what is about something", () => {
  const signed = (leftOut: readonly string[] = [], ownership: "record" | "pattern" = "record") =>
    pruningMirror(leftOut, { cosignTags: true, ownership });

  it.each(["record", "pattern"] as const)(
    "keeps the signature of an artifact that has no tag and is about something that stays, by %s",
    async (ownership) => {
      const [v1, v2] = [await setup.source.resolve("v1"), await setup.source.resolve("v2")];
      const sboms = [await buildArtifact(setup.source, "sbom", v1), await buildArtifact(setup.source, "sbom", v2)];
      const [going, staying] = await Promise.all(sboms.map((sbom) => sign(setup.source, sbom)));
      const mirror = (leftOut: readonly string[] = []) =>
        pruningMirror(leftOut, { cosignTags: true, referrers: true, ownership });
      const never = { immutable: (tags: readonly string[]) => new Set(tags) };
      for (const more of [{}, never, {}]) await setup.sync([{ ...mirror(), ...more }]);
      expect(await setup.tags()).toEqual([going, staying, "v1", "v2", "v3", "v4", "v5"].toSorted());
      await setup.sync([mirror(["v1"])]);
      expect(await setup.tags()).toEqual([staying, "v2", "v3", "v4", "v5"].toSorted());
    },
  );

  it("keeps a signature whose subject has no tag and belongs to nothing", async () => {
    const { target } = setup;
    await setup.sync([signed()]);
    const { manifest } = await buildImage(target, "linux/amd64", ["alone"]);
    const tag = await sign(target, manifest);
    const orphan = await sign(target, { digest: `sha256:${"0".repeat(64)}` });
    const plan = await setup.plan([signed(["v1"], "pattern")]);
    expect(plannedDeletions(plan)).toEqual({ v1: "pattern", [orphan]: "pattern" });
    await setup.apply(plan);
    expect(await setup.tags()).toEqual([tag, "v2", "v3", "v4", "v5"].toSorted());
  });

  it("keeps a signature that somebody else has put, though its subject goes; it counts among what pattern would delete", async () => {
    await setup.sync([signed()]);
    const tag = await sign(setup.target, await setup.target.resolve("v1"));
    const result = await setup.sync([signed(["v1"])]);
    expect(withOutcome(result, "deleted")).toEqual(["v1"]);
    expect(result.notices.join()).toContain("1 tag that is no longer chosen stays");
    expect(await setup.tags()).toContain(tag);
    expect(plannedDeletions(await setup.plan([signed(["v1"], "pattern")]))).toEqual({});
  });

  it.each(["record", "pattern"] as const)(
    "keeps an artifact's own tag while its subject stays, and deletes it with its subject, by %s",
    async (ownership) => {
      await attach(setup.source, await setup.source.resolve("v1"), "v1-sbom");
      await setup.sync([pruningMirror([], { ownership })]);
      const gone = await setup.sync([pruningMirror(["v1-sbom"], { ownership })]);
      expect(gone).toMatchObject({ ok: true, outcomes: { deleted: 0 } });
      expect(gone.notices).toEqual(["dst/app: v1-sbom stays: it is about something that stays"]);
      await setup.sync([pruningMirror(["v1-sbom", "v1"], { ownership })]);
      expect(await setup.tags()).toEqual(["v2", "v3", "v4", "v5"]);
    },
  );

  it("keeps an artifact's tag whose subject another tag leads to as well", async () => {
    await attach(setup.source, await setup.source.resolve("v1"), "v1-sbom");
    await setup.sync([pruningMirror()]);
    await setup.target.tag(await setup.target.resolve("v1"), "pinned");
    await setup.sync([pruningMirror(["v1-sbom", "v1"])]);
    expect(await setup.tags()).toEqual(["pinned", "v1-sbom", "v2", "v3", "v4", "v5"]);
  });

  it.each<[string, (target: RecordingStore, first: Descriptor) => Promise<unknown>]>([
    ["a tag on its subject", (target, first) => target.tag(first, "prod")],
    [
      "an index that lists its subject",
      (target, first) => putManifest(target, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [first] }, "multi"),
    ],
    ["a tag on an artifact about its subject", (target, first) => attach(target, first, "attached")],
  ])("keeps a signature where %s was pushed while the run went on", async (_, push) => {
    const tag = await sign(setup.source, await setup.source.resolve("v1"));
    await setup.sync([signed()]);
    const { target } = setup;
    const first = await target.resolve("v1");
    onceBefore(target, beforeSecondList, () => push(target, first));
    const result = await setup.sync([signed(["v1"])]);
    expect(withOutcome(result, "deleted")).toEqual(["v1"]);
    expect(whys(result)).toEqual({ [tag]: "it, or what it is about, is needed by something that stays" });
    expect(await setup.tags()).toContain(tag);
  });

  it("keeps a signature where what else is there cannot be looked at again", async () => {
    const tag = await sign(setup.source, await setup.source.resolve("v1"));
    await setup.sync([signed()]);
    onceBefore(
      setup.target,
      ({ method }, nth) => method === "tags" && nth === 3,
      () => Promise.reject(new StoreError("NETWORK", "no route")),
    );
    const result = await setup.sync([signed(["v1"])]);
    expect(whys(result)).toEqual({ [tag]: "what it is about cannot be looked at again: no route" });
    expect(await setup.tags()).toContain(tag);
  });

  it("applyPlan() looks as well: a signature whose subject was pushed since stays", async () => {
    const tag = await sign(setup.source, await setup.source.resolve("v1"));
    await setup.sync([signed()]);
    const plan = await setup.plan([signed(["v1"])]);
    expect(Object.keys(plannedDeletions(plan))).toEqual(["v1", tag]);
    await setup.target.tag(await setup.target.resolve("v1"), "prod");
    const result = await setup.apply(plan);
    expect(withOutcome(result, "deleted")).toEqual(["v1"]);
    expect(await setup.tags()).toEqual([tag, "prod", "v2", "v3", "v4", "v5"].toSorted());
  });
});

describe("pruning by digest of what changed while the run went on", () => {
  beforeEach(async () => {
    await setup.sync([pruningMirror()]);
    Object.assign(setup.target, {
      untag: async () => {
        throw new StoreError("UNSUPPORTED", "tags can't be deleted");
      },
    });
  });

  /**
   * When the manifests are read that the deletions need, and before the tags are listed for the
   * last time.
   */
  const beforeLastList = ({ method }: Call, nth: number): boolean => method === "tags" && nth === 4;

  it.each<[string, (target: RecordingStore, first: Descriptor) => Promise<unknown>]>([
    ["a tag was moved onto its digest", (target, first) => target.tag(first, "v5")],
    ["a new tag was put on its digest", (target, first) => target.tag(first, "prod")],
    [
      "an index lists it",
      (target, first) => putManifest(target, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [first] }, "multi"),
    ],
    ["an artifact is about it", (target, first) => attach(target, first, "attached")],
    ["its tag was moved", async (target) => target.tag(await target.resolve("v5"), "v1")],
  ])("keeps a manifest where %s meanwhile, and deletes the rest", async (_, change) => {
    const { target } = setup;
    const [first, second] = [await target.resolve("v1"), await target.resolve("v2")];
    onceBefore(target, beforeLastList, () => change(target, first));
    const result = await setup.sync([pruningMirror(["v1", "v2"])]);
    expect(result).toMatchObject({ ok: true, outcomes: { deleted: 1, kept: 1, failed: 0 } });
    expect(withOutcome(result, "deleted")).toEqual(["v2"]);
    expect(target.about("delete")).toEqual([second.digest]);
    expect(await target.has(first)).toBe(true);
  });

  it("keeps a manifest whose tag was moved right before its DELETE", async () => {
    const { target } = setup;
    const [first, other] = [await target.resolve("v1"), await target.resolve("v5")];
    let asked = 0;
    onceBefore(
      target,
      ({ method, about }) => {
        if (method === "resolve" && about === "v1") asked += 1;
        // When it is deleted alone, in the second look, and right before its DELETE.
        return asked === 3;
      },
      () => target.tag(other, "v1"),
    );
    const result = await setup.sync([pruningMirror(["v1"])]);
    expect(result.outcomes).toMatchObject({ deleted: 0, kept: 1 });
    expect(whys(result)["v1"]).toContain(`its tag "v1" was moved to ${other.digest}`);
    expect(await target.has(first)).toBe(true);
    expect(target.about("delete")).toEqual([]);
  });

  it("deletes nothing where the tags cannot be listed for the last time", async () => {
    onceBefore(setup.target, beforeLastList, () => Promise.reject(new StoreError("NETWORK", "no route")));
    const result = await setup.sync([pruningMirror(["v1"])]);
    expect(whys(result)["v1"]).toContain("what else needs them can't be read: no route");
    expect(setup.target.about("delete")).toEqual([]);
  });
});
