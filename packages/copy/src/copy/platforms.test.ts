import {
  type Descriptor,
  formatPlatform,
  type IndexManifest,
  MemoryJournal,
  MemoryStore,
  OCI_INDEX,
  parseManifest,
  parsePlatform,
} from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import {
  type BuiltImage,
  buildArtifact,
  buildImage,
  buildIndex,
  putManifest,
} from "../../../../test/support/small-image.ts";
import type { CopyEvent } from "../events/events.ts";
import { CopyRun } from "../run/run.ts";
import { copy } from "./copy.ts";
import { SOURCE_DIGEST_ANNOTATION } from "./platforms.ts";

let from: RecordingStore;
let to: RecordingStore;
let images: Readonly<Record<"amd64" | "armv6" | "armv7" | "arm64", BuiltImage>>;
let index: Descriptor;

beforeEach(async () => {
  from = new RecordingStore(new MemoryStore("source"));
  to = new RecordingStore(new MemoryStore("target"), { host: "r.example", repository: "target", access: {} });
  images = {
    amd64: await buildImage(from, "linux/amd64", ["base", "amd64"]),
    armv6: await buildImage(from, "linux/arm/v6", ["base", "armv6"]),
    armv7: await buildImage(from, "linux/arm/v7", ["base", "armv7"]),
    arm64: await buildImage(from, "linux/arm64", ["base", "arm64"]),
  };
  index = await buildIndex(from, Object.values(images), "v1");
  from.calls.length = 0;
});

const platforms = (...names: readonly string[]) => names.map((name) => parsePlatform(name));
const copyOf = (names: readonly string[], options = {}, reference = "v1") =>
  copy({ store: from, reference }, { store: to, reference: "v1" }, { platforms: platforms(...names), ...options });

async function entriesAtTarget(): Promise<IndexManifest> {
  const { bytes } = await to.open("v1");
  const manifest = parseManifest(bytes);
  if (manifest.kind !== "index") throw new Error("expected an index");
  return manifest;
}

describe("copy() of platforms", () => {
  it.each([["linux/arm/v6"], ["linux/arm/v7"], ["linux/amd64"]])(
    "finds %s where one manifest is listed for several platforms",
    async (platform) => {
      const { amd64, armv6 } = images;
      const asV7 = { ...armv6, manifest: { ...armv6.manifest, platform: parsePlatform("linux/arm/v7") } };
      await buildIndex(from, [amd64, armv6, asV7], "v1");
      await copyOf([platform]);
      const wanted = platform === "linux/amd64" ? amd64 : armv6;
      expect((await to.resolve("v1")).digest).toBe(wanted.manifest.digest);
    },
  );

  it("keeps the entries of the chosen platforms alone where one manifest is listed for several", async () => {
    const { amd64, armv6, arm64 } = images;
    const asV7 = { ...armv6, manifest: { ...armv6.manifest, platform: parsePlatform("linux/arm/v7") } };
    const whole = await buildIndex(from, [amd64, armv6, asV7], "v1");
    const chosen = async (...names: readonly string[]) => {
      await copyOf(names);
      return (await entriesAtTarget()).manifests.map(({ platform }) => platform && formatPlatform(platform));
    };
    expect(await chosen("linux/amd64", "linux/arm/v6")).toEqual(["linux/amd64", "linux/arm/v6"]);
    expect(await chosen("linux/amd64", "linux/arm/v7")).toEqual(["linux/amd64", "linux/arm/v7"]);
    expect(await chosen("linux/arm/v6", "linux/arm/v7")).toEqual(["linux/arm/v6", "linux/arm/v7"]);
    expect(await chosen("linux/amd64", "linux/arm/v6", "linux/arm/v7")).toHaveLength(3);
    expect((await to.resolve("v1")).digest).toBe(whole.digest);
    for (const { digest } of [...amd64.blobs, ...armv6.blobs]) expect(to.about("push")).toContain(digest);
    expect(to.about("push")).not.toContain(arm64.manifest.digest);
  });

  it("believes no result that an earlier version remembers, which knew one platform of a manifest alone", async () => {
    const { amd64, armv6 } = images;
    const asV7 = { ...armv6, manifest: { ...armv6.manifest, platform: parsePlatform("linux/arm/v7") } };
    const { digest } = await buildIndex(from, [amd64, armv6, asV7], "v1");
    const journal = new MemoryJournal();
    const older = await buildIndex(to, [amd64, armv6], "v1").catch(() => undefined);
    await journal.tags.rewrote({ source: digest, selection: "linux/amd64,linux/arm/v7?" }, older?.digest ?? digest);
    await copyOf(["linux/amd64", "linux/arm/v7"], { missingPlatforms: "skip", run: new CopyRun({ journal }) });
    expect((await entriesAtTarget()).manifests).toHaveLength(2);
    expect((await entriesAtTarget()).manifests.at(-1)?.platform).toMatchObject({ variant: "v7" });
  });

  it("copies the manifest alone for one platform", async () => {
    const result = await copyOf(["linux/amd64"]);

    expect((await to.resolve("v1")).digest).toBe(images.amd64.manifest.digest);
    expect(result).toMatchObject({ source: { digest: index.digest }, root: { digest: images.amd64.manifest.digest } });
    expect(await to.has(images.arm64.manifest)).toBe(false);
  });

  it("prefers the exact variant where several would do", async () => {
    await copyOf(["linux/arm/v7"]);
    expect((await to.resolve("v1")).digest).toBe(images.armv7.manifest.digest);
  });

  it("cuts the index down for several platforms, naming the index that it was made from", async () => {
    await copyOf(["linux/amd64", "linux/arm64"]);

    const cut = await entriesAtTarget();
    expect(cut.manifests.map(({ digest }) => digest)).toEqual([
      images.amd64.manifest.digest,
      images.arm64.manifest.digest,
    ]);
    expect(cut.annotations).toEqual({ [SOURCE_DIGEST_ANNOTATION]: index.digest });
  });

  it("makes the same index again, so that a repeat sends nothing", async () => {
    await copyOf(["linux/amd64", "linux/arm64"]);
    from.calls.length = to.calls.length = 0;

    const result = await copyOf(["linux/arm64", "linux/amd64"]);

    expect(result.outcome).toBe("unchanged");
    expect(from.calls).toEqual([{ method: "open", about: "v1" }]);
    expect(to.calls).toEqual([{ method: "resolve", about: "v1" }]);
  });

  it("keeps fields of an entry that the spec does not name", async () => {
    const manifests = Object.values(images).map(({ manifest }) => ({ ...manifest, "x-vendor": manifest.digest }));
    await putManifest(from, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, "vendor");
    await copyOf(["linux/amd64", "linux/arm64"], {}, "vendor");

    const { bytes } = await to.open("v1");
    expect(JSON.parse(Buffer.from(bytes).toString()).manifests).toEqual([manifests[0], manifests[3]]);
  });

  it("leaves an index untouched that has nothing else", async () => {
    await copyOf(["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64"]);
    expect((await to.resolve("v1")).digest).toBe(index.digest);
  });

  it("keeps the attestations of the manifests that are kept", async () => {
    const attestation = await attest(images.amd64);
    await buildIndex(from, [images.amd64, images.armv7, images.arm64, attestation], "attested");

    await copyOf(["linux/amd64", "linux/arm64"], {}, "attested");

    const digests = (await entriesAtTarget()).manifests.map(({ digest }) => digest);
    expect(digests).toContain(attestation.manifest.digest);
    expect(digests).not.toContain(images.armv7.manifest.digest);
  });

  it("finds platforms in nested indexes", async () => {
    const arms = await buildIndex(from, [images.armv6, images.armv7]);
    const manifests = [images.amd64.manifest, arms];
    await putManifest(from, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, "nested");

    await copyOf(["linux/arm/v7"], {}, "nested");

    expect((await to.resolve("v1")).digest).toBe(images.armv7.manifest.digest);
  });

  it("says which platforms there are when one is not, and pushes nothing", async () => {
    await expect(copyOf(["linux/s390x"])).rejects.toMatchObject({
      code: "PLATFORM_UNKNOWN",
      message: expect.stringMatching(
        /"linux\/s390x" in "source:v1".*linux\/amd64, linux\/arm\/v6, linux\/arm\/v7, linux\/arm64/,
      ),
    });
    expect(to.about("push")).toEqual([]);
  });

  it("asks the config of a single image for its platform", async () => {
    await copyOf(["linux/amd64"], {}, images.amd64.manifest.digest);
    expect((await to.resolve("v1")).digest).toBe(images.amd64.manifest.digest);

    await expect(copyOf(["linux/arm64"], {}, images.amd64.manifest.digest)).rejects.toMatchObject({
      code: "PLATFORM_UNKNOWN",
    });
  });

  describe("with a journal", () => {
    const TWO = ["linux/arm64", "linux/amd64"];
    const again = (names: readonly string[], options = {}, reference = "v1") =>
      copyOf(names, { run: new CopyRun({ journal }), ...options }, reference);
    let journal: MemoryJournal;

    beforeEach(async () => {
      journal = new MemoryJournal();
      await again(TWO);
      from.calls.length = 0;
      to.calls.length = 0;
    });

    it("sees that nothing has changed without reading the index, whatever the order of the platforms", async () => {
      const { digest } = await to.resolve("v1");
      to.calls.length = 0;

      const result = await again(TWO.toReversed());

      expect(result).toMatchObject({ outcome: "unchanged", source: { digest: index.digest }, root: { digest } });
      expect(from.calls).toEqual([{ method: "resolve", about: "v1" }]);
      expect(to.calls).toEqual([{ method: "resolve", about: "v1" }]);
    });

    it("makes it anew for other platforms, another index, and a target that has something else", async () => {
      await again(["linux/amd64"]);
      expect((await to.resolve("v1")).digest).toBe(images.amd64.manifest.digest);

      await again(TWO);
      expect((await entriesAtTarget()).manifests).toHaveLength(2);

      await buildIndex(from, [images.amd64, images.arm64, images.armv6], "v1");
      const { root, outcome } = await again(TWO);
      expect([outcome, (await to.resolve("v1")).digest]).toEqual(["copied", root.digest]);
    });

    it("does the same where the journal fails, with 1 GET", async () => {
      const full = (): Promise<never> => Promise.reject(new Error("the disk is full"));
      Object.assign(journal.tags, { result: full, rewrote: full });
      expect((await again(TWO)).outcome).toBe("unchanged");
      expect(from.about("open")).toEqual(["v1"]);
    });

    it("looks at the referrers all the same", async () => {
      const signature = await buildArtifact(from, "application/signature", images.arm64.manifest);
      await again(TWO, { referrers: true });
      expect(await to.has(signature)).toBe(true);
    });
  });

  it("copies the referrers of the manifests and says that those of the index stay behind", async () => {
    const ofIndex = await buildArtifact(from, "application/signature", index);
    const ofChild = await buildArtifact(from, "application/signature", images.amd64.manifest);
    const events: CopyEvent[] = [];

    await copyOf(["linux/amd64", "linux/arm64"], {
      referrers: true,
      onEvent: (event: CopyEvent) => events.push(event),
    });

    expect([await to.has(ofIndex), await to.has(ofChild)]).toEqual([false, true]);
    expect(events.filter(({ type }) => type === "notice")).toHaveLength(1);
  });
});

async function attest(image: BuiltImage): Promise<BuiltImage> {
  const { manifest, ...attestation } = await buildImage(from, "unknown/unknown", ["attestation"]);
  const annotations = {
    "vnd.docker.reference.type": "attestation-manifest",
    "vnd.docker.reference.digest": image.manifest.digest,
  };
  return { ...attestation, manifest: { ...manifest, annotations } };
}
