import { type Descriptor, MemoryStore } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { type BuiltImage, buildImage, buildIndex } from "../../../../test/support/small-image.ts";
import { verifyImage } from "./verify-image.ts";

let store: RecordingStore;
let images: readonly [BuiltImage, BuiltImage];

beforeEach(async () => {
  store = new RecordingStore(new MemoryStore("store"));
  images = [
    await buildImage(store, "linux/amd64", ["base", "amd64"]),
    await buildImage(store, "linux/arm64", ["base", "arm64"]),
  ];
  await buildIndex(store, images, "v1");
  store.calls.length = 0;
});

describe("verifyImage()", () => {
  it("reads every manifest and blob once", async () => {
    const result = await verifyImage({ store, reference: "v1" });

    expect(result).toMatchObject({ manifests: { count: 3 }, blobs: { count: 5 } });
    expect(new Set(store.about("fetch")).size).toBe(store.about("fetch").length);
  });

  it("rejects what has other bytes, with nothing running", async () => {
    const layer = images[1].layers[1] as Descriptor;
    const fetch = store.fetch.bind(store);
    store.fetch = async (descriptor, options) =>
      descriptor.digest === layer.digest
        ? (async function* () {
            yield Buffer.alloc(layer.size, "x");
          })()
        : fetch(descriptor, options);

    await expect(verifyImage({ store, reference: "v1" })).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      descriptor: layer,
    });
    expect(store.running).toBe(0);
  });
});
