import {
  type CopyEvent,
  type SyncRepository,
  sync,
  type VerifyOptions,
  type VerifyResult,
  verifyMirrors,
} from "@tranship/copy";
import { type Descriptor, Registry, type RegistryStore } from "@tranship/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleArtifact, sampleImage, sampleIndex, seed } from "../support/sample-image.ts";
import type { SpoilableRegistry } from "./broken-registries.ts";

export interface VerifySuiteOptions {
  readonly source: () => Promise<SpoilableRegistry>;
  readonly target: () => Promise<SpoilableRegistry>;
  /** Whether a blob with other bytes can be replaced while the registry runs. */
  readonly replacesBlobs: boolean;
}

/** A repository with two indexes and an image that has a referrer, mirrored, and then spoiled at the target in each way. */
export function verifySuite(title: string, { source, target, replacesBlobs }: VerifySuiteOptions): void {
  describe(title, () => {
    let stack: AsyncDisposableStack;
    let spoiled: SpoilableRegistry;
    let from: RegistryStore;
    let to: RegistryStore;
    let mirror: SyncRepository;
    let subject: Descriptor;
    let referrer: Descriptor;
    const index = sampleIndex({ seed: "v1" });

    const stores = {
      source: async () => from,
      target: async () => to,
    };
    const verify = (options: VerifyOptions = {}): Promise<VerifyResult> => verifyMirrors([mirror], stores, options);

    beforeEach(async () => {
      stack = new AsyncDisposableStack();
      const origin = stack.use(await source());
      spoiled = stack.use(await target());
      from = stack.use(new Registry({ host: origin.host, plainHttp: true })).repository("team/app");
      to = stack.use(new Registry({ host: spoiled.host, plainHttp: true })).repository("mirror/app");
      await seed(from, index, "v1");
      await seed(from, sampleIndex({ seed: "v2" }), "v2");
      subject = await seed(from, sampleImage({ seed: "v3" }), "v3");
      referrer = await seed(from, sampleArtifact({ subject }));
      mirror = {
        mirror: "app",
        from: "team/app",
        targets: [{ to: "mirror/app" }],
        tags: async (listed) => ({ tags: listed.map(({ name }) => name) }),
        referrers: true,
      };
      const { ok } = await sync([mirror], stores);
      expect(ok).toBe(true);
    });
    afterEach(() => stack.disposeAsync());

    it("finds that a mirror is the same, and asks the source for tags and referrers alone", async () => {
      const result = await verify();

      expect(result).toMatchObject({ ok: true, outcomes: { same: 3 }, manifests: { count: 8 } });
      const asked = result.requests[from.place.host] ?? {};
      expect(Object.keys(asked)).not.toContain("GET blob");
      expect(asked["HEAD manifest"]).toBe(3);
    });

    it("names a blob that is missing, and sends just that", async () => {
      const [blob] = index.blobs.slice(-1).map(({ descriptor }) => descriptor);
      if (blob === undefined) throw new Error("no blob");
      await spoiled.lose("mirror/app", blob.digest);

      const found = await verify();
      expect(found).toMatchObject({ ok: false, outcomes: { same: 2, different: 1 } });
      expect(found.images.flatMap(({ differences }) => differences)).toMatchObject([
        { kind: "blob", problem: "missing", digest: blob.digest, size: blob.size },
      ]);

      const repaired = await verify({ repair: true });
      expect(repaired).toMatchObject({ ok: true, outcomes: { same: 2, repaired: 1 } });
      const sent = repaired.requests[to.place.host] ?? {};
      expect(sent["PUT upload"]).toBe(1);
      expect(sent["PUT manifest"]).toBeUndefined();
      expect(await verify({ deep: true })).toMatchObject({ ok: true });
    });

    it("names a tag that has moved or is missing, and puts it back", async () => {
      await to.tag(await to.resolve("v2"), "v1");
      await to.untag("v3").catch(() => to.delete(subject));

      const found = await verify();
      expect(found.images.filter(({ outcome }) => outcome === "different")).toMatchObject([
        {
          tag: "v1",
          differences: [
            { kind: "tag", problem: "differs", digest: index.root.descriptor.digest, found: expect.any(String) },
          ],
        },
        { tag: "v3", differences: [{ kind: "tag", problem: "missing", digest: subject.digest }] },
      ]);

      expect(await verify({ repair: true })).toMatchObject({ ok: true, outcomes: { same: 1, repaired: 2 } });
      expect((await to.resolve("v1")).digest).toBe(index.root.descriptor.digest);
      expect(await verify()).toMatchObject({ ok: true, outcomes: { same: 3 } });
    });

    it("leaves a tag that never moves where it is", async () => {
      const moved = await to.resolve("v2");
      await to.tag(moved, "v1");
      mirror = { ...mirror, immutable: (tags) => new Set(tags) };
      const result = await verify({ repair: true });
      expect(result).toMatchObject({ ok: false, outcomes: { different: 1 } });
      expect(result.images.find(({ tag }) => tag === "v1")?.differences).toMatchObject([
        { kind: "tag", repaired: false, error: { code: "DENIED" } },
      ]);
      expect((await to.resolve("v1")).digest).toBe(moved.digest);
    });

    it("names a blob with other bytes where it is deep, and replaces it if the registry lets it", async () => {
      const blob = index.blobs.at(-1)?.descriptor;
      if (blob === undefined) throw new Error("no blob");
      await spoiled.corrupt("mirror/app", blob.digest);

      expect(await verify()).toMatchObject({ ok: true });
      const found = await verify({ deep: true });
      expect(found).toMatchObject({ ok: false, deep: true });
      expect(found.images.flatMap(({ differences }) => differences)).toMatchObject([
        { kind: "blob", problem: "corrupt", digest: blob.digest },
      ]);

      const deleted: unknown[] = [];
      const onEvent = (event: CopyEvent) => event.type === "deleted" && deleted.push(event.digest);
      const repaired = await verify({ deep: true, repair: true, onEvent });
      expect(deleted).toEqual([blob.digest]);
      if (replacesBlobs) {
        expect(repaired).toMatchObject({ ok: true, outcomes: { repaired: 1 } });
        expect(await verify({ deep: true })).toMatchObject({ ok: true });
      } else {
        expect(repaired).toMatchObject({ ok: false, outcomes: { different: 1 } });
        const [difference] = repaired.images.flatMap(({ differences }) => differences);
        expect(difference).toMatchObject({ repaired: false });
        expect(difference?.error?.message).toMatch(/keeps the wrong bytes .*mend its storage by hand/);
      }
    });

    it.each(["half", "empty"] as const)(
      "names a blob whose file is %s: its HEAD states another length, and its bytes are read and hashed",
      async (left) => {
        const blob = index.blobs.at(-1)?.descriptor;
        if (blob === undefined) throw new Error("no blob");
        await spoiled.truncate("mirror/app", blob.digest, left);

        const found = await verify();
        const [difference, ...others] = found.images.flatMap(({ differences }) => differences);
        expect(others).toEqual([]);
        expect(difference).toMatchObject({ kind: "blob", problem: "corrupt", digest: blob.digest });
        expect(difference?.found).toMatch(/^sha256:/);
        expect(found.requests[to.place.host]?.["GET blob"]).toBe(1);

        const repaired = await verify({ repair: true });
        expect(repaired).toMatchObject({ ok: replacesBlobs });
        expect(await verify({ deep: true })).toMatchObject({ ok: replacesBlobs });
      },
    );

    it("deletes one blob and no more of a registry that keeps its files, and sends what is missing still", async () => {
      const [first, second, third] = index.blobs.map(({ descriptor }) => descriptor);
      if (first === undefined || second === undefined || third === undefined) throw new Error("too few blobs");
      for (const { digest } of [first, second]) await spoiled.corrupt("mirror/app", digest);
      await spoiled.lose("mirror/app", third.digest);
      const result = await verify({ deep: true, repair: true });
      const differences = result.images.flatMap((image) => image.differences);
      expect(differences.map(({ digest, repaired }) => [digest, repaired]).toSorted()).toEqual(
        [
          [first.digest, replacesBlobs],
          [second.digest, replacesBlobs],
          [third.digest, true],
        ].toSorted(),
      );
      expect(result.requests[to.place.host]?.["DELETE blob"]).toBe(replacesBlobs ? 2 : 1);
      // Whatever is wrong there is there still: nothing was lost.
      for (const blob of [first, second, third]) expect(await to.readBack(blob)).toMatchObject({ size: blob.size });
      expect(await verify({ deep: true, repair: true })).toMatchObject({ ok: replacesBlobs });
      const again = await verify({ deep: true, repair: true });
      expect(again.requests[to.place.host]?.["DELETE blob"]).toBeUndefined();
    });

    it("names a referrer that is missing, and sends it", async () => {
      await to.delete(referrer);
      const [fallback] = (await Array.fromAsync(to.tags())).filter((tag) => tag.startsWith("sha256-"));
      if (fallback !== undefined) await to.delete(await to.resolve(fallback));

      const found = await verify();
      expect(found.images.flatMap(({ differences }) => differences)).toMatchObject([
        { kind: "referrer", problem: "missing", digest: referrer.digest, subject: subject.digest },
      ]);
      expect(await verify({ repair: true })).toMatchObject({ ok: true, outcomes: { repaired: 1 } });
      expect((await Array.fromAsync(to.referrers(subject))).map(({ digest }) => digest)).toEqual([referrer.digest]);
    });

    it("names a tag of cosign that is missing, and puts it", async () => {
      const tag = `${subject.digest.replace(":", "-")}.sig`;
      const { digest } = await seed(from, sampleImage({ seed: "signature" }), tag);
      mirror = { ...mirror, cosignTags: true };

      const found = await verify();
      expect(found).toMatchObject({ outcomes: { same: 3, different: 1 } });
      expect(found.images.find((image) => image.tag === tag)?.differences).toMatchObject([
        { kind: "tag", problem: "missing", digest },
      ]);
      expect(await verify({ repair: true })).toMatchObject({ ok: true, outcomes: { same: 3, repaired: 1 } });
      expect((await to.resolve(tag)).digest).toBe(digest);
    });

    it("names a manifest that is missing below an index, and sends it", async () => {
      const child = index.manifests[0]?.descriptor;
      if (child === undefined) throw new Error("no manifest");
      await to.delete(child);

      const found = await verify();
      expect(found.images.flatMap(({ differences }) => differences)).toMatchObject([
        { kind: "manifest", problem: "missing", digest: child.digest },
      ]);
      const repaired = await verify({ repair: true });
      expect(repaired).toMatchObject({ ok: true, outcomes: { same: 2, repaired: 1 } });
      expect(repaired.requests[to.place.host]?.["PUT manifest"]).toBe(1);
    });

    it("compares with the index that is made where platforms are chosen", async () => {
      const platforms = [
        { os: "linux", architecture: "amd64" },
        { os: "linux", architecture: "arm64" },
      ];
      const three = sampleIndex({ seed: "many", platforms: [...platforms, { os: "linux", architecture: "s390x" }] });
      await seed(from, three, "many");
      mirror = { ...mirror, tags: ["many"], platforms };
      await sync([mirror], stores);
      expect((await to.resolve("many")).digest).not.toBe(three.root.descriptor.digest);

      expect(await verify()).toMatchObject({ ok: true, outcomes: { same: 1 }, manifests: { count: 3 } });
      await to.tag(await to.resolve("v2"), "many");
      expect(await verify()).toMatchObject({ ok: false, outcomes: { different: 1 } });
      expect(await verify({ repair: true })).toMatchObject({ ok: true, outcomes: { repaired: 1 } });
      expect(await verify()).toMatchObject({ ok: true });
    });

    it("says what could not be found out, and goes on", async () => {
      mirror = { ...mirror, tags: ["v1", "none"] };
      const result = await verify();
      expect(result).toMatchObject({ ok: false, outcomes: { same: 1, failed: 1 } });
      expect(result.images.find(({ tag }) => tag === "none")?.error).toMatchObject({
        code: "MANIFEST_UNKNOWN",
        side: "source",
      });
    });
  });
}
