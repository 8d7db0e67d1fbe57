import { copy, copyTags, failures } from "@tranship/copy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { smallTags } from "../../benchmarks/transfer/corpus/small-tags.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { type CountedRegistry, startCountedRegistry, total } from "./counted-registry.ts";

const KIB = 1024;
const TAGS = 300;
/** Of a tag: an index, its 3 manifests, and 3 layers and a config of each. */
const [MANIFESTS, BLOBS] = [4, 12];

let from: CountedRegistry;
let to: CountedRegistry;

beforeEach(async () => {
  from = await startCountedRegistry();
  to = await startCountedRegistry();
});

afterEach(async () => {
  await from[Symbol.asyncDispose]();
  await to[Symbol.asyncDispose]();
});

/** Copies one tag, and forgets what it took. */
async function settled(sample: ReturnType<typeof sampleImage>, tag: string): Promise<void> {
  await seed(from.store, sample, tag);
  await copy({ store: from.store, reference: tag }, { store: to.store, reference: tag });
  from.take();
  to.take();
}

describe("copy() asks no more than it must", () => {
  it("of a small blob 1 GET, and 2 of its target; of a manifest 1 and 1; nothing of a repository that is not there but its tag", async () => {
    const image = sampleImage({ layers: 2, layerSize: 2 * KIB });
    await seed(from.store, image, "v1");
    from.take();
    await copy({ store: from.store, reference: "v1" }, { store: to.store, reference: "v1" });
    expect(from.take()).toEqual({ "GET blob": 3, "GET manifest": 1 });
    expect(to.take()).toEqual({ "HEAD manifest": 1, "POST uploads": 3, "PUT upload": 3, "PUT manifest": 1 });
  });

  it("of a big blob the same, once the host has said of one that it is there", async () => {
    const layers = [{ seed: "base", size: 100 * KIB }];
    await settled(sampleImage({ seed: "first", layers }), "v1");
    // The shared layer brings the 201 that proves what a 202 means.
    await settled(sampleImage({ seed: "second", layers }), "v2");
    const next = sampleImage({ seed: "third", layers: [...layers, { seed: "own", size: 300 * KIB }] });
    await seed(from.store, next, "v3");
    from.take();
    await copy({ store: from.store, reference: "v3" }, { store: to.store, reference: "v3" });
    expect(from.take()).toEqual({ "GET blob": 2, "GET manifest": 1 });
    expect(to.take()).toEqual({ "HEAD manifest": 1, "POST uploads": 3, "PUT upload": 2, "PUT manifest": 1 });
  });

  it("of an unchanged tag 1 HEAD a side", async () => {
    await settled(sampleImage(), "v1");
    await copy({ store: from.store, reference: "v1" }, { store: to.store, reference: "v1" });
    expect(from.take()).toEqual({ "HEAD manifest": 1 });
    expect(to.take()).toEqual({ "HEAD manifest": 1 });
  });
});

describe("copyTags() asks no more than it must", () => {
  it(`${TAGS} tags, into nothing: no HEAD; and again: 1 HEAD a side for each, after two lists`, {
    timeout: 300_000,
  }, async () => {
    await smallTags(TAGS).seed(from.store);
    from.take();
    expect(failures(await copyTags(from.store, to.store))).toEqual([]);
    const fresh = [from.take(), to.take()] as const;
    expect(fresh[0]).toEqual({ "GET tags": 1, "GET manifest": MANIFESTS * TAGS, "GET blob": BLOBS * TAGS });
    expect(fresh[1]).toEqual({
      "GET tags": 1,
      "POST uploads": BLOBS * TAGS,
      "PUT upload": BLOBS * TAGS,
      "PUT manifest": MANIFESTS * TAGS,
    });
    expect(total(...fresh)).toBeLessThanOrEqual(13_300);

    expect(failures(await copyTags(from.store, to.store))).toEqual([]);
    const again = [from.take(), to.take()] as const;
    expect(again[0]).toEqual({ "GET tags": 1, "HEAD manifest": TAGS });
    expect(again[1]).toEqual({ "GET tags": 1, "HEAD manifest": TAGS });
    expect(total(...again)).toBeLessThanOrEqual(602);
  });
});
