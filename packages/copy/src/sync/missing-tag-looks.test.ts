import { MemoryStore } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { putImages } from "../../../../test/support/sync-setup.ts";
import { MissingTagLooks } from "./missing-tag-looks.ts";

let store: RecordingStore;

beforeEach(async () => {
  store = new RecordingStore(new MemoryStore("app"));
  await putImages(store, ["v1", "v2"]);
  store.calls.length = 0;
});

describe("MissingTagLooks", () => {
  it("asks for one list for all tags that are missed at the same time, and for another one later", async () => {
    const looks = new MissingTagLooks(store, {});
    const states = Promise.all(["v1", "v2", "v3", "v1"].map((tag) => looks.look(tag)));
    expect(await states).toEqual(["found", "found", "gone", "found"]);
    expect(store.about("tags")).toHaveLength(1);
    await store.untag("v2");
    expect(await looks.look("v2")).toBe("gone");
    expect(store.about("tags")).toHaveLength(2);
  });

  it("takes no list for an answer that began before the tag was missed", async () => {
    const looks = new MissingTagLooks(store, {});
    const listing = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    store.before = async ({ method }) => {
      if (method !== "tags") return;
      begun.resolve();
      await listing.promise;
    };
    const first = looks.look("v1");
    await begun.promise;
    const second = looks.look("v2");
    listing.resolve();
    expect([await first, await second]).toEqual(["found", "found"]);
    expect(store.about("tags")).toHaveLength(2);
  });

  it("throws where the second list may lack tags", async () => {
    store.listedTagsAtMost = 1;
    await expect(new MissingTagLooks(store, {}).look("v2")).rejects.toThrow("cut short");
  });
});
