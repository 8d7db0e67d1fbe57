import { StoreError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryRegistries, putImages } from "../../../../../test/support/sync-setup.ts";
import { sync } from "../sync.ts";
import type { SyncRepository } from "../sync-repository.ts";
import { planSync } from "./plan-sync.ts";

const TAGS = Array.from({ length: 12 }, (_, at) => `v${at}`);
let registries: MemoryRegistries;

beforeEach(async () => {
  registries = new MemoryRegistries();
  await putImages(registries.store("src/app"), TAGS);
  registries.forgetCalls();
});

const every: SyncRepository = {
  mirror: "app",
  from: "src/app",
  targets: [{ to: "dst/app" }],
  tags: async (listed) => ({ tags: listed.map(({ name }) => name) }),
};
const counts = (name: string) => ({
  resolve: registries.store(name).about("resolve").length,
  open: registries.store(name).about("open").length,
  tags: registries.store(name).about("tags").length,
});

describe("planSync()", () => {
  it("plans what is missing with one list a side and one GET a tag, and changes nothing", async () => {
    const plan = await planSync([every], registries);

    expect(plan.images.map(({ tag, action, reason }) => [tag, action, reason])).toEqual(
      TAGS.map((tag) => [tag, "copy", "missing"]),
    );
    expect(counts("src/app")).toEqual({ resolve: 0, open: 12, tags: 1 });
    expect(counts("dst/app")).toEqual({ resolve: 0, open: 0, tags: 1 });
    expect(registries.store("dst/app").about("push", "tag")).toEqual([]);
  });

  it("says what is copied and what an earlier image brings, and what it costs each host", async () => {
    const plan = await planSync([every, { ...every, targets: [{ to: "dst/other" }] }], registries);

    // A config, the base and a layer of its own; the base comes once.
    expect(plan.images[0]?.content).toMatchObject({ copy: { count: 3 }, mount: { count: 0 }, skip: { count: 0 } });
    expect(plan.images[1]?.content).toMatchObject({ copy: { count: 2 }, mount: { count: 0 }, skip: { count: 1 } });
    // The second repository of the host mounts everything.
    expect(plan.images[12]?.content).toMatchObject({ copy: { count: 0 }, mount: { count: 3 }, skip: { count: 0 } });
    const blobs = 12 * 2 + 1;
    // HEAD for each tag, GET for each manifest and blob.
    expect(plan.hosts["src"]?.requests).toBe(12 + 12 + blobs);
    // HEAD for each tag, POST and PUT for what is sent, POST for what is mounted, PUT for each manifest.
    expect(plan.hosts["dst"]?.requests).toBe(24 + 2 * blobs + blobs + 24);
    expect(plan.hosts["dst"]?.written).toBeGreaterThan(plan.hosts["src"]?.read ?? Infinity);
  });

  it("asks once a side for a tag that both have, and not at all where it is immutable", async () => {
    await sync([every], registries);
    registries.forgetCalls();
    const immutable = { ...every, immutable: (tags: readonly string[]) => new Set(tags.slice(0, 10)) };

    const plan = await planSync([immutable], registries);

    expect(plan.images.map(({ action }) => action)).toEqual(Array(12).fill("skip"));
    expect(plan.images.map(({ reason }) => reason)).toEqual([
      ...Array(10).fill("immutable"),
      ...Array(2).fill("unchanged"),
    ]);
    expect(counts("src/app")).toEqual({ resolve: 2, open: 0, tags: 1 });
    expect(counts("dst/app")).toEqual({ resolve: 2, open: 0, tags: 1 });
  });

  it("asks for nothing but the lists where these bring digests", async () => {
    await sync([every], registries);
    for (const name of ["src/app", "dst/app"]) {
      const store = registries.store(name);
      const digests = await Promise.all(
        TAGS.map(async (tag) => ({ name: tag, digest: (await store.resolve(tag)).digest })),
      );
      Object.assign(store, {
        listedTags: async function* () {
          yield* digests;
        },
      });
    }
    registries.forgetCalls();

    const plan = await planSync([every], registries);

    expect(plan.images.map(({ reason }) => reason)).toEqual(Array(12).fill("unchanged"));
    for (const name of ["src/app", "dst/app"]) expect(registries.store(name).calls).toEqual([]);
  });

  it("looks tags given by name up in no list", async () => {
    const plan = await planSync([{ ...every, tags: ["v1", "v2"] }], registries);

    expect(plan.images.map(({ tag, action }) => [tag, action])).toEqual([
      ["v1", "copy"],
      ["v2", "copy"],
    ]);
    expect(counts("src/app")).toEqual({ resolve: 0, open: 2, tags: 0 });
    expect(counts("dst/app")).toEqual({ resolve: 2, open: 0, tags: 0 });
  });

  it("asks the source once for several targets", async () => {
    await sync([every], registries);
    registries.forgetCalls();

    await planSync([{ ...every, targets: [{ to: "dst/app" }, { to: "dst2/app" }] }], registries);

    expect(counts("src/app")).toEqual({ resolve: 12, open: 12, tags: 1 });
  });

  describe("with trustMs", () => {
    const HOUR_MS = 3_600_000;

    it("believes what tags were seen to stand for where every target has it, and the source is not asked", async () => {
      await sync([every], registries);
      registries.forgetCalls();

      const plan = await planSync([every], registries, { trustMs: HOUR_MS });

      expect(plan.images.map(({ reason }) => reason)).toEqual(Array(12).fill("unchanged"));
      expect(counts("src/app")).toEqual({ resolve: 0, open: 0, tags: 1 });
      expect(counts("dst/app")).toEqual({ resolve: 12, open: 0, tags: 1 });
    });

    it("asks for what was seen too long ago, or at a time that is still to come, and notes what it sees then", async () => {
      await sync([every], registries);
      const { seen } = registries.store("src/app");
      const older = (tag: string, ageMs: number) =>
        seen.set(tag, { digest: seen.get(tag)?.digest as never, seen: Date.now() - ageMs });
      older("v1", 2 * HOUR_MS);
      older("v2", -HOUR_MS);
      older("v3", HOUR_MS / 2);
      registries.forgetCalls();

      await planSync([every], registries, { trustMs: HOUR_MS });
      expect(registries.store("src/app").about("resolve").toSorted()).toEqual(["v1", "v2"]);
      // What is believed is no older for that.
      expect(Date.now() - (seen.get("v3")?.seen ?? 0)).toBeGreaterThanOrEqual(HOUR_MS / 2);
      registries.forgetCalls();

      await planSync([every], registries, { trustMs: HOUR_MS });
      expect(counts("src/app").resolve).toBe(0);
    });

    it("asks for what a target lacks or has otherwise, and copies what the source says then", async () => {
      await sync([every], registries);
      const [source, target] = [registries.store("src/app"), registries.store("dst/app")];
      await target.tag(await target.resolve("v2"), "v1");
      await source.tag(await source.resolve("v3"), "v1");
      const again = { ...every, targets: [{ to: "dst/app" }, { to: "new/app" }] };

      const plan = await planSync([{ ...every, tags: ["v1", "v4"] }], registries, { trustMs: HOUR_MS });
      expect(plan.images.map(({ tag, root }) => [tag, root])).toEqual([
        ["v1", (await source.resolve("v3")).digest],
        ["v4", (await target.resolve("v4")).digest],
      ]);
      registries.forgetCalls();

      await planSync([again], registries, { trustMs: HOUR_MS });
      expect(counts("src/app").resolve).toBe(12);
    });
  });

  it("retags what the target's repository has under another tag", async () => {
    await sync([{ ...every, tags: ["v1"] }], registries);
    const source = registries.store("src/app");
    await source.tag(await source.resolve("v1"), "latest");

    const plan = await planSync([{ ...every, tags: ["v1", "latest"] }], registries);

    expect(plan.images.map(({ tag, action }) => [tag, action])).toEqual([
      ["v1", "skip"],
      ["latest", "retag"],
    ]);
  });

  it("goes on where a repository, a target or a tag fails, and says what", async () => {
    registries.store("gone/app").before = () => {
      throw new StoreError("NAME_UNKNOWN", "there is no such repository");
    };
    registries.store("broken/app").before = () => {
      throw new StoreError("NETWORK", "no route");
    };
    registries.store("src/app").before = ({ method, about }) => {
      if (method === "open" && about === "v3") throw new StoreError("MANIFEST_UNKNOWN", "gone");
    };
    const plan = await planSync(
      [
        { ...every, from: "gone/app" },
        { ...every, targets: [{ to: "broken/app" }, { to: "dst/app" }] },
      ],
      registries,
    );

    expect(plan.images).toHaveLength(11);
    expect(plan.unresolved.map(({ from, tag, to, error }) => [from, tag, to, error.code])).toEqual([
      ["gone/app", undefined, undefined, "NAME_UNKNOWN"],
      ["src/app", undefined, "broken/app", "NETWORK"],
      ["src/app", "v3", undefined, "MANIFEST_UNKNOWN"],
    ]);
  });

  it("refuses a tag that two sources would be written to, for the second", async () => {
    await putImages(registries.store("src/other"), ["v1"]);
    const plan = await planSync(
      [
        { ...every, tags: ["v1"] },
        { ...every, from: "src/other", tags: ["v1"] },
      ],
      registries,
    );

    expect(plan.images.map(({ from }) => from)).toEqual(["src/app"]);
    expect(plan.unresolved).toMatchObject([{ from: "src/other", error: { code: "TAG_CLAIMED" } }]);
  });

  it("reads no manifest where it is to read none, and counts the pulls of a host that counts them", async () => {
    const hub = registries.store("registry-1.docker.io/library/app");
    await putImages(hub, ["v1"]);
    registries.forgetCalls();
    const fromHub = { ...every, from: "registry-1.docker.io/library/app" };

    const plan = await planSync([fromHub], registries);
    expect(hub.about("open", "fetch")).toEqual([]);
    expect(plan.images[0]).toMatchObject({ action: "copy", reason: "missing" });
    expect(plan.images[0]?.content).toBeUndefined();
    expect(plan.hosts["registry-1.docker.io"]).toMatchObject({ pulls: 1 });

    const whole = await planSync([fromHub], registries, { depth: "content" });
    expect(hub.about("open")).toEqual(["v1"]);
    expect(whole.images[0]?.content?.copy.count).toBe(3);
  });

  it("rejects an abort with the signal's own reason, with nothing running", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    registries.store("src/app").before = ({ method }) => {
      if (method === "open") controller.abort(reason);
    };
    await expect(planSync([every], registries, { signal: controller.signal })).rejects.toBe(reason);
    for (const store of registries.stores.values()) expect(store.running).toBe(0);
  });
});
