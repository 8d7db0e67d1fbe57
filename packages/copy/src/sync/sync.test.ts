import { type Descriptor, OCI_INDEX, parsePlatform, StoreError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { rendezvous } from "../../../../test/support/recording-store.ts";
import { buildArtifact, buildImage, buildIndex, putManifest } from "../../../../test/support/small-image.ts";
import { MemoryRegistries, putImages } from "../../../../test/support/sync-setup.ts";
import { CopyRun } from "../run/run.ts";
import { ResultTally } from "./file/result-tally.ts";
import { sync } from "./sync.ts";
import type { SyncRepository } from "./sync-repository.ts";

const TAGS = Array.from({ length: 6 }, (_, at) => `v${at}`);
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

describe("sync()", () => {
  it("brings every tag, reads each manifest once and sends each blob once", async () => {
    const result = await sync([every], registries);

    expect(result.ok).toBe(true);
    expect(result.outcomes).toMatchObject({ copied: 6, failed: 0 });
    const [source, target] = [registries.store("src/app"), registries.store("dst/app")];
    for (const tag of TAGS) expect((await target.resolve(tag)).digest).toBe((await source.resolve(tag)).digest);
    expect(source.about("open")).toHaveLength(6);
    // A config, a layer of its own for each, and the base.
    expect(source.about("fetch")).toHaveLength(6 * 2 + 1);
    expect(result.moved.count).toBe(6 * 2 + 1 + 6);
  });

  it("sends nothing the second time", async () => {
    await sync([every], registries);
    registries.forgetCalls();

    const result = await sync([every], registries);

    expect(result.outcomes).toMatchObject({ unchanged: 6, copied: 0 });
    expect(registries.store("dst/app").about("push", "tag")).toEqual([]);
    expect(registries.store("src/app").about("open", "fetch")).toEqual([]);
  });

  it("asks both sides at the same time for a tag that the target's list shows", async () => {
    await sync([every], registries);
    const { before, met } = rendezvous("v1");
    for (const name of ["src/app", "dst/app"]) registries.store(name).before = before;

    const result = await sync([every], registries);

    await met;
    expect(result.outcomes).toMatchObject({ unchanged: 6, failed: 0 });
  });

  it("copies what came of a source's list whose end is not proven, and fails that repository", async () => {
    registries.store("src/app").listedTagsAtMost = 4;
    const result = await sync([every], registries);

    expect(result.ok).toBe(false);
    expect(result.outcomes).toMatchObject({ copied: 4, failed: 1 });
    expect(result.images.find(({ outcome }) => outcome === "failed")).toMatchObject({
      from: "src/app",
      error: { code: "PROTOCOL", message: expect.stringContaining("cut short") },
    });
  });

  it("looks up each tag where the end of the target's list is not proven, and moves no immutable one", async () => {
    await sync([every], registries);
    const [source, target] = [registries.store("src/app"), registries.store("dst/app")];
    const moved = await source.resolve("v0");
    await source.tag(moved, "v5");
    registries.forgetCalls();
    target.listedTagsAtMost = 2;

    const immutable = { ...every, immutable: (tags: readonly string[]) => new Set(tags) };
    const result = await sync([immutable], registries);

    expect(result).toMatchObject({ ok: true, outcomes: { unchanged: 6 } });
    expect(result.notices).toEqual([expect.stringContaining("cut short; each tag is looked up")]);
    // The first two are in the list.
    expect(target.about("resolve").toSorted()).toEqual(["v2", "v3", "v4", "v5"]);
    expect(target.about("tag", "push")).toEqual([]);
    expect((await target.resolve("v5")).digest).not.toBe(moved.digest);
  });

  it("copies the others where one image fails, and says what failed", async () => {
    const bad = (await registries.store("src/app").resolve("v2")).digest;
    registries.store("dst/app").before = ({ method, about }) => {
      if (method === "push" && about === bad) throw new StoreError("DENIED", "no");
    };
    const result = await sync([every], registries);

    expect(result.ok).toBe(false);
    expect(result.outcomes).toMatchObject({ copied: 5, failed: 1 });
    expect(result.images.find(({ outcome }) => outcome === "failed")).toMatchObject({
      tag: "v2",
      to: "dst/app",
      error: { code: "DENIED", side: "target", operation: "push" },
    });
  });

  it("ends at the first failure where it is to, with nothing running, and says what was left", async () => {
    registries.store("dst/app").before = ({ method }) => {
      if (method === "push") throw new StoreError("DENIED", "no");
    };
    const result = await sync([every], registries, { failFast: true, images: 1 });

    expect(result.outcomes.failed).toBe(1);
    expect(result.outcomes.copied).toBe(0);
    for (const store of registries.stores.values()) expect(store.running).toBe(0);
  });

  it("takes referrers and cosign's tags of an image that is unchanged", async () => {
    const source = registries.store("src/app");
    const whole: SyncRepository = { ...every, referrers: true, cosignTags: true };
    await sync([whole], registries);
    const image = await source.resolve("v1");
    const artifact = await buildArtifact(source, "application/vnd.example.sbom", image);
    const signature = `${image.digest.replace(":", "-")}.sig`;
    await putManifest(
      source,
      { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] },
      signature,
    );

    const result = await sync([whole], registries);

    const target = registries.store("dst/app");
    expect(await target.has(artifact)).toBe(true);
    expect((await target.resolve(signature)).digest).toBe((await source.resolve(signature)).digest);
    expect(result.outcomes).toMatchObject({ copied: 2, unchanged: 5 });
  });

  it("takes cosign's tags of tags that are given by name", async () => {
    const source = registries.store("src/app");
    const image = await source.resolve("v1");
    const signature = `${image.digest.replace(":", "-")}.sig`;
    await putManifest(
      source,
      { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] },
      signature,
    );
    await sync([{ ...every, tags: ["v1"], cosignTags: true }], registries);
    expect(await Array.fromAsync(registries.store("dst/app").tags())).toEqual(
      expect.arrayContaining(["v1", signature]),
    );
    expect(source.about("tags")).toEqual([]);
  });

  it("leaves cosign's tags of an index that is cut down, and takes those of what is made of it", async () => {
    const source = registries.store("src/multi");
    const images = await Promise.all(
      ["linux/amd64", "linux/arm64"].map((platform) => buildImage(source, platform, ["base", platform])),
    );
    const index = await buildIndex(source, images, "v1");
    const signatureOf = ({ digest }: Descriptor): string => `${digest.replace(":", "-")}.sig`;
    const [amd64, arm64] = images.map(({ manifest }) => signatureOf(manifest));
    for (const tag of [signatureOf(index), amd64, arm64])
      await putManifest(source, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }, tag);
    const cut: SyncRepository = { ...every, from: "src/multi", cosignTags: true };

    await sync([{ ...cut, platforms: [parsePlatform("linux/amd64")] }], registries);
    const tags = (): Promise<readonly string[]> => Array.fromAsync(registries.store("dst/app").tags());
    expect((await tags()).toSorted()).toEqual(["v1", amd64].toSorted());
    await sync([cut], registries);
    expect(await tags()).toContain(signatureOf(index));
  });

  it("cuts an index down to platforms, and sees that it is unchanged", async () => {
    const source = registries.store("src/multi");
    const images = await Promise.all(
      ["linux/amd64", "linux/arm64", "linux/s390x"].map((platform) => buildImage(source, platform, ["base", platform])),
    );
    await buildIndex(source, images, "v1");
    const two: SyncRepository = {
      ...every,
      from: "src/multi",
      targets: [{ to: "dst/multi" }],
      platforms: [
        { os: "linux", architecture: "amd64" },
        { os: "linux", architecture: "arm64" },
      ],
    };
    const first = await sync([two], registries);
    expect(first.images[0]).toMatchObject({ outcome: "copied", sourceDigest: (await source.resolve("v1")).digest });
    registries.forgetCalls();

    const second = await sync([two], registries);

    expect(second.outcomes).toMatchObject({ unchanged: 1 });
    expect(registries.store("dst/multi").about("push", "tag")).toEqual([]);
  });

  it("says how many bytes went to and from each host, and what each image took in requests", async () => {
    const result = await sync([every], registries);
    const { moved, traffic } = result;
    expect(Object.values(traffic).map(({ read, written }) => [read, written])).toEqual([
      [moved.bytes, 0],
      [0, moved.bytes],
    ]);
  });

  it("has a result in the tally of a run that was aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const tally = new ResultTally();
    const run = new CopyRun();
    const onImage = (): void => controller.abort(reason);
    const options = { run, tally, onImage, images: 1, signal: controller.signal };
    await expect(sync([every], registries, options)).rejects.toBe(reason);
    const result = tally.result(run, { error: reason });
    expect(result).toMatchObject({ ok: false, outcomes: { copied: 1 }, error: { message: "enough" } });
    expect(result.moved.count).toBeGreaterThan(0);
  });

  it("tells of each image that ends", async () => {
    const seen: string[] = [];
    await sync([every], registries, { onImage: ({ tag, outcome }) => seen.push(`${tag} ${outcome}`) });
    expect(seen.toSorted()).toEqual(TAGS.map((tag) => `${tag} copied`));
  });
});

describe("sync() to several targets", () => {
  it("fetches each blob once for all registries, and mounts it in the other repositories of each", async () => {
    const targets = ["one/a", "one/b", "two/a", "three/a"].map((to) => ({ to }));
    const result = await sync([{ ...every, targets }], registries);

    expect(result.outcomes).toMatchObject({ copied: 24 });
    const fetched = registries.store("src/app").about("fetch");
    expect(new Set(fetched).size).toBe(fetched.length);
    expect(fetched).toHaveLength(6 * 2 + 1);
    for (const { to } of targets) {
      for (const tag of TAGS) {
        expect((await registries.store(to).resolve(tag)).digest).toBe(
          (await registries.store("src/app").resolve(tag)).digest,
        );
      }
    }
  });

  it("lets a target that fails fail alone", async () => {
    registries.store("two/a").before = ({ method }) => {
      if (method === "push") throw new StoreError("DENIED", "no");
    };
    const result = await sync([{ ...every, targets: [{ to: "one/a" }, { to: "two/a" }] }], registries);
    expect(result.outcomes).toMatchObject({ copied: 6, failed: 6 });
  });
});
