import { type Descriptor, MemoryStore, StoreError } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { buildArtifact, buildImage, buildIndex } from "../../../../test/support/small-image.ts";
import { putImages } from "../../../../test/support/sync-setup.ts";
import type { Inventory } from "./inventory.ts";
import { lookAgain } from "./look-again.ts";
import { readInventory } from "./read-inventory.ts";

let store: RecordingStore;
let images: readonly Descriptor[];
let before: Inventory;
beforeEach(async () => {
  store = new RecordingStore(new MemoryStore("app"));
  images = await putImages(store, ["v1", "v2", "v3"]);
  before = await readInventory(store);
  store.calls.length = 0;
});

function image(index: number): Descriptor {
  const found = images[index];
  if (found === undefined) throw new Error(`no image ${index}`);
  return found;
}

describe("lookAgain()", () => {
  it("asks for each tag and reads nothing where nothing has changed", async () => {
    const { inventory, changed } = await lookAgain(store, before);
    expect(inventory).toEqual(before);
    expect(changed.size).toBe(0);
    expect(store.about("resolve").toSorted()).toEqual(["v1", "v2", "v3"]);
    expect(store.about("open", "referrers")).toEqual([]);
  });

  it("asks for no tag whose digest is in the list", async () => {
    Object.assign(store, {
      listedTags: async function* () {
        for (const [at, name] of ["v1", "v2", "v3"].entries()) yield { name, digest: image(at).digest };
      },
    });
    expect((await lookAgain(store, before)).changed.size).toBe(0);
    expect(store.about("resolve")).toEqual([]);
  });

  it("reads what is new or has moved, with what that lists, its subject and what is about it", async () => {
    const child = await buildImage(store, "linux/amd64", ["child"]);
    const index = await buildIndex(store, [child], "multi");
    const untagged = await buildImage(store, "linux/arm64", ["subject"]);
    const artifact = await buildArtifact(store, "sbom", untagged.manifest);
    await store.tag(artifact, "v1");
    const about = await buildArtifact(store, "signature", index);
    const { inventory, changed } = await lookAgain(store, before);
    expect(inventory.map(({ digest }) => digest).toSorted()).toEqual(
      [...images, child.manifest, index, untagged.manifest, artifact, about].map(({ digest }) => digest).toSorted(),
    );
    expect(Object.fromEntries(changed)).toEqual({
      [index.digest]: 'tag "multi" was put on it meanwhile',
      [artifact.digest]: 'tag "v1" was put on it meanwhile',
      [image(0).digest]: 'its tag "v1" was moved or deleted meanwhile',
    });
  });

  it("takes a tag that is deleted after it was listed for gone", async () => {
    store.before = ({ method, about }) => (method === "resolve" && about === "v2" ? store.untag("v2") : undefined);
    const { changed } = await lookAgain(store, before);
    expect([...changed]).toEqual([[image(1).digest, 'its tag "v2" was moved or deleted meanwhile']]);
  });

  it("refuses a tag that stays listed and has no manifest, unless that is to be ignored", async () => {
    store.before = ({ method, about }) => {
      if (method !== "tags" && about === "v2") throw new StoreError("MANIFEST_UNKNOWN", "no such tag");
    };
    await expect(lookAgain(store, before)).rejects.toMatchObject({ code: "BROKEN_TAG" });
    const names: string[] = [];
    await lookAgain(store, before, { onBrokenTags: (tags) => names.push(...tags) });
    expect(names).toEqual(["v2"]);
  });

  it("takes a tag for gone that was deleted before and that the list still has", async () => {
    store.before = ({ method, about }) => {
      if (method !== "tags" && about === "v2") throw new StoreError("MANIFEST_UNKNOWN", "no such tag");
    };
    const { changed } = await lookAgain(store, before, { deletedTags: new Set(["v2"]) });
    expect([...changed.keys()]).toEqual([image(1).digest]);
  });

  it.each([
    ["no tags where its manifests are there", false],
    ["an error where its manifests are hidden too", true],
  ])("takes a repository that is said not to be there for %s", async (_, isHidden) => {
    store.before = ({ method }) => {
      if (method === "tags") throw new StoreError("NAME_UNKNOWN", "no such repository");
      if (isHidden) throw new StoreError("MANIFEST_UNKNOWN", "no such manifest");
    };
    const looking = lookAgain(store, before);
    if (isHidden) await expect(looking).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    else expect((await looking).changed.size).toBe(3);
  });
});
