import { type Descriptor, MemoryJournal, MemoryStore, parsePlatform, Registry } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { LOSSY_TARGETS, lossyLayout, lossyRegistry } from "../../../../test/support/lossy-targets.ts";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { scriptedRegistry } from "../../../../test/support/scripted-registry.ts";
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

let from: RecordingStore;
let amd64: BuiltImage;
let arm64: BuiltImage;
let inner: Descriptor;
let index: Descriptor;

/** An index of an image and of an index with another one; the images share a layer. */
beforeEach(async () => {
  from = new RecordingStore(new MemoryStore("source"));
  amd64 = await buildImage(from, "linux/amd64", ["shared layer", "amd64 layer"]);
  arm64 = await buildImage(from, "linux/arm64", ["shared layer", "arm64 layer"]);
  inner = await buildIndex(from, [arm64]);
  index = await buildIndex(from, [amd64, { ...arm64, manifest: inner }], "v1");
  from.calls.length = 0;
});

/** All below the index, by name. */
const contents = (): Readonly<Record<string, Descriptor>> => ({
  "a layer": amd64.layers[1] as Descriptor,
  "a layer of two images": amd64.layers[0] as Descriptor,
  "a config": arm64.config,
  "an image": amd64.manifest,
  "an image in an index below": arm64.manifest,
  "an index below": inner,
  "the root": index,
});
const everything = (): readonly Descriptor[] => [
  ...new Set([...amd64.blobs, ...arm64.blobs, ...Object.values(contents())]),
];
const v1 = () => ({ store: from, reference: "v1" });
const NAMES = [
  "a layer",
  "a layer of two images",
  "a config",
  "an image",
  "an image in an index below",
  "an index below",
  "the root",
];
const TARGETS = Object.entries(LOSSY_TARGETS);

describe.each(TARGETS)("copy() to %s", (_, make) => {
  it.each(NAMES.flatMap((name) => ["v1", "v2"].map((tag) => [name, tag])))(
    "brings %s again that was lost, under tag %s",
    async (name, tag) => {
      await using target = await make();
      await copy(v1(), { store: target.store, reference: "v1" });
      await target.lose(contents()[name ?? ""] as Descriptor);

      const result = await copy(v1(), { store: target.store, reference: tag });

      expect(result).toMatchObject({ outcome: "copied", moved: { count: 1 }, root: { digest: index.digest } });
      for (const descriptor of everything()) expect(await target.has(descriptor)).toBe(true);
      expect((await target.store.resolve(tag ?? "")).digest).toBe(index.digest);
      expect(await copy(v1(), { store: target.store, reference: tag })).toMatchObject({ outcome: "unchanged" });
    },
  );

  it("brings a layer again that another image, before or after, names as a foreign one", async () => {
    const [layer] = amd64.layers as readonly [Descriptor];
    const foreign = {
      ...layer,
      mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      urls: ["https://elsewhere.example/layer"],
    };
    const manifest = await putManifest(from, { ...amd64.document, layers: [foreign] });
    const other = { ...amd64, manifest };
    for (const images of [
      [other, amd64],
      [amd64, other],
    ]) {
      const both = await buildIndex(from, images, "both");
      await using target = await make();
      await copy({ store: from, reference: "both" }, { store: target.store, reference: "v1" });
      await target.lose(layer);
      await copy({ store: from, reference: "both" }, { store: target.store, reference: "v1" });
      for (const descriptor of [both, manifest, amd64.manifest, ...amd64.blobs])
        expect(await target.has(descriptor)).toBe(true);
    }
  });

  it("fails where the source has lost it too, and puts no tag", async () => {
    await using target = await make();
    await copy(v1(), { store: target.store, reference: "v1" });
    const lost = arm64.layers[1] as Descriptor;
    await target.lose(lost);
    await from.delete(lost);

    const failure = { code: "BLOB_UNKNOWN", side: "source", descriptor: { digest: lost.digest } };
    for (const reference of ["v1", "v2"])
      await expect(copy(v1(), { store: target.store, reference })).rejects.toMatchObject(failure);
    await expect(target.store.resolve("v2")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("brings what a sparse copy left out, under the same tag and another one", async () => {
    for (const reference of ["v1", "v2"]) {
      await using target = await make();
      await copy(
        v1(),
        { store: target.store, reference: "v1" },
        { platforms: [parsePlatform("linux/arm64")], sparse: true },
      );
      expect(await target.has(amd64.manifest)).toBe(false);
      expect(await copy(v1(), { store: target.store, reference })).toMatchObject({ outcome: "copied" });
      for (const descriptor of everything()) expect(await target.has(descriptor)).toBe(true);
    }
  });

  it("brings what was lost of the platforms of a sparse copy, and nothing of the others", async () => {
    await using target = await make();
    const sparse = { platforms: [parsePlatform("linux/arm64")], sparse: true };
    await copy(v1(), { store: target.store, reference: "v1" }, sparse);
    await target.lose(arm64.layers[1] as Descriptor);
    expect(await copy(v1(), { store: target.store, reference: "v1" }, sparse)).toMatchObject({ moved: { count: 1 } });
    expect(await target.has(arm64.layers[1] as Descriptor)).toBe(true);
    expect(await target.has(amd64.manifest)).toBe(false);
  });

  it("brings what was lost of a referrer", async () => {
    await using target = await make();
    const signature = await buildArtifact(from, "application/signature", arm64.manifest);
    const blobs = JSON.parse(Buffer.from((await from.open(signature.digest)).bytes).toString()) as {
      layers: readonly [Descriptor];
    };
    await copy(v1(), { store: target.store, reference: "v1" }, { referrers: true });
    await target.lose(blobs.layers[0]);
    await copy(v1(), { store: target.store, reference: "v1" }, { referrers: true });
    expect(await target.has(blobs.layers[0])).toBe(true);
  });

  it("brings in a run what was lost since the run brought it", async () => {
    await using target = await make();
    const run = new CopyRun();
    await copy(v1(), { store: target.store, reference: "v1" }, { run });
    for (const lost of [amd64.layers[1] as Descriptor, arm64.manifest]) await target.lose(lost);
    await copy(v1(), { store: target.store, reference: "v2" }, { run });
    for (const descriptor of everything()) expect(await target.has(descriptor)).toBe(true);
  });

  it("completes a tag that must be kept where the source has the same, and refuses where it has another one", async () => {
    await using target = await make();
    const to = { store: target.store, reference: "v1" };
    await copy(v1(), to);
    expect(await copy(v1(), to, { clobber: false })).toMatchObject({ outcome: "kept" });
    await target.lose(arm64.config);
    expect(await copy(v1(), to, { clobber: false })).toMatchObject({ outcome: "copied", moved: { count: 1 } });

    await target.lose(arm64.config);
    await from.tag(amd64.manifest, "v1");
    await expect(copy(v1(), to, { clobber: false })).rejects.toMatchObject({ code: "DENIED" });
    expect((await target.store.resolve("v1")).digest).toBe(index.digest);
  });
});

describe("copy() to a layout", () => {
  it("reads nothing of the source but what was lost, and its tag", async () => {
    await using target = await lossyLayout();
    await copy(v1(), { store: target.store, reference: "v1" });
    from.calls.length = 0;
    expect(await copy(v1(), { store: target.store, reference: "v1" })).toMatchObject({ outcome: "unchanged" });
    expect(from.calls).toEqual([{ method: "resolve", about: "v1" }]);

    const lost = arm64.layers[1] as Descriptor;
    await target.lose(lost);
    from.calls.length = 0;
    await copy(v1(), { store: target.store, reference: "v1" });
    expect(from.calls).toEqual([
      { method: "resolve", about: "v1" },
      { method: "fetch", about: lost.digest },
    ]);
  });

  it("puts the tag when what was lost is there", async () => {
    await using target = await lossyLayout();
    await copy(v1(), { store: target.store, reference: "v1" });
    const lost = arm64.layers[1] as Descriptor;
    await target.lose(lost);
    from.before = async ({ method, about }) => {
      if (method !== "fetch" || about !== lost.digest) return;
      await expect(target.store.resolve("v2")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    };
    const events: CopyEvent[] = [];
    await copy(v1(), { store: target.store, reference: "v2" }, { onEvent: (event) => events.push(event) });
    expect(events.at(-1)).toMatchObject({ type: "tagged", reference: "v2" });
  });

  it("says that a tag that is right was incomplete", async () => {
    await using target = await lossyLayout();
    await copy(v1(), { store: target.store, reference: "v1" });
    await target.lose(amd64.config);
    const events: CopyEvent[] = [];
    await copy(v1(), { store: target.store, reference: "v1" }, { onEvent: (event) => events.push(event) });
    expect(events.flatMap((event) => (event.type === "notice" ? [event.message] : []))).toEqual([
      `"${target.store.name}:v1" stands for "${index.digest}" already, and content of it is missing: that is copied`,
    ]);
  });
});

describe("copy() to a registry that takes manifests whose children are missing", () => {
  const steps = (log: readonly string[]): readonly string[] =>
    log.map((line) => /^(\w+ )\/v2\/app\/(blobs|manifests)/.exec(line)?.slice(1).join("") ?? line);

  it.each(["a layer", "a config", "a layer of two images"])(
    "looks below an image that is there before it moves a tag to its index, and brings %s",
    async (name) => {
      await using target = await lossyRegistry();
      await copy(v1(), { store: target.store, reference: "v1" });
      const other = await buildImage(from, "linux/s390x", ["s390x layer"]);
      const moved = await buildIndex(from, [amd64, arm64, other], "v1");
      await target.lose(contents()[name] as Descriptor);

      await copy(v1(), { store: target.store, reference: "v1" });

      expect((await target.store.resolve("v1")).digest).toBe(moved.digest);
      for (const descriptor of [...amd64.blobs, ...arm64.blobs, ...other.blobs])
        expect(await target.has(descriptor)).toBe(true);
    },
  );

  it("asks for an image below that is there with 1 HEAD, 1 GET and 1 HEAD a blob, and for nothing that this run has looked at", async () => {
    await using target = await lossyRegistry();
    await copy(v1(), { store: target.store, reference: "v1" });
    await buildIndex(from, [amd64], "v1");
    await from.tag(await buildIndex(from, [amd64, amd64]), "v2");
    target.log.length = 0;
    const run = new CopyRun();
    await copy(v1(), { store: target.store, reference: "v1" }, { run });
    const blobs = Array(amd64.blobs.length).fill("HEAD blobs");
    expect(steps(target.log)).toEqual([
      ...["HEAD manifests", "HEAD manifests", "GET manifests"],
      ...blobs,
      "PUT manifests",
    ]);
    target.log.length = 0;
    await copy({ store: from, reference: "v2" }, { store: target.store, reference: "v1" }, { run });
    expect(steps(target.log)).toEqual(["HEAD manifests", "PUT manifests"]);
  });

  it("believes a tag that is unchanged, with 1 HEAD", async () => {
    await using target = await lossyRegistry();
    await copy(v1(), { store: target.store, reference: "v1" });
    target.log.length = 0;
    expect(await copy(v1(), { store: target.store, reference: "v1" })).toMatchObject({ outcome: "unchanged" });
    expect(steps(target.log)).toEqual(["HEAD manifests"]);
  });

  it.each(["v1", "v2"])(
    "believes no index once it has taken a sparse one, in later processes too, under tag %s",
    async (reference) => {
      await using server = await scriptedRegistry();
      const journal = new MemoryJournal();
      const inProcess = async (options = {}, tag = "v1") => {
        await using registry = new Registry({ host: server.host, plainHttp: true, journal: journal.peer() });
        return await copy(v1(), { store: registry.repository("app"), reference: tag }, options);
      };
      await inProcess({ platforms: [parsePlatform("linux/arm64")], sparse: true });
      expect(server.manifests.has(`app@${amd64.manifest.digest}`)).toBe(false);

      expect(await inProcess({}, reference)).toMatchObject({ outcome: "copied" });
      for (const { digest } of [amd64.manifest, inner, arm64.manifest])
        expect(server.manifests.has(`app@${digest}`)).toBe(true);
      for (const { digest } of [...amd64.blobs, ...arm64.blobs]) expect(server.blobs.has(`app@${digest}`)).toBe(true);

      server.log.length = 0;
      expect(await inProcess({}, reference)).toMatchObject({ outcome: "unchanged" });
      // The index, the one below it, and the image of each.
      expect(steps(server.log)).toEqual(expect.arrayContaining(["GET manifests", "GET manifests"]));
      expect(steps(server.log).filter((step) => !step.endsWith(" manifests"))).toEqual([]);
    },
  );
});
