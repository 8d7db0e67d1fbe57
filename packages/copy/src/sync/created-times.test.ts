import { type Descriptor, type Journal, MemoryJournal, MemoryStore, OCI_INDEX } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { datedImage } from "../../../../test/support/dated-image.ts";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { seed } from "../../../../test/support/sample-image.ts";
import { putManifest } from "../../../../test/support/small-image.ts";
import { CreatedTimes } from "./created-times.ts";

const CREATED = "2026-03-01T10:00:00.000Z";
const LISTED = [{ name: "dated" }, { name: "silent" }];

describe("CreatedTimes", () => {
  let source: RecordingStore;
  let journal: Journal;
  const calls = (): readonly string[] => source.calls.splice(0).map(({ method }) => method);
  const timesOf = async (times: CreatedTimes) => {
    const { tags, read } = await times.of(LISTED, source, {});
    return { times: tags.map(({ time }) => time?.toISOString()), read, calls: calls() };
  };

  beforeEach(async () => {
    source = new RecordingStore(new MemoryStore("source"));
    journal = new MemoryJournal();
    await seed(source, datedImage("one", CREATED), "dated");
    await seed(source, datedImage("two", undefined), "silent");
    calls();
  });

  it("reads each image once, and then asks only for its tag; one that says nothing may say it another time", async () => {
    const first = await timesOf(new CreatedTimes({ journal }));
    expect(first).toMatchObject({ times: [CREATED, undefined], read: 2 });
    expect(first.calls.toSorted()).toEqual(["fetch", "fetch", "open", "open"]);

    const second = await timesOf(new CreatedTimes({ journal }));
    expect(second).toMatchObject({ times: [CREATED, undefined], read: 1 });
    expect(second.calls.toSorted()).toEqual(["fetch", "open", "resolve", "resolve"]);
  });

  it("takes for the time of an index that of its first image, in whatever index that is", async () => {
    const index = async (digest: Descriptor, tag: string) =>
      putManifest(source, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [digest] }, tag);
    await index(await index(await source.resolve("dated"), "inner"), "outer");
    const { tags } = await new CreatedTimes({ journal }).of([{ name: "outer" }], source, {});
    expect(tags).toMatchObject([{ name: "outer", time: new Date(CREATED) }]);
  });

  it("asks for nothing where tags are believed, or listed with digests", async () => {
    await timesOf(new CreatedTimes({ journal }));
    const believed = await timesOf(new CreatedTimes({ journal, trustMs: 60_000 }));
    expect(believed.calls).toEqual(["open", "fetch"]);

    const { digest } = await source.resolve("dated");
    calls();
    const { tags } = await new CreatedTimes({ journal }).of([{ name: "dated", digest }], source, {});
    expect([tags, calls()]).toEqual([[{ name: "dated", digest, time: new Date(CREATED) }], []]);
  });

  it("reads a tag that has moved", async () => {
    await timesOf(new CreatedTimes({ journal }));
    await seed(source, datedImage("three", "2026-04-01T00:00:00Z"), "silent");
    calls();
    expect(await timesOf(new CreatedTimes({ journal }))).toMatchObject({
      times: [CREATED, "2026-04-01T00:00:00.000Z"],
      read: 1,
    });
  });

  it("reads everything where nothing is remembered, or the journal fails", async () => {
    const broken = new MemoryJournal();
    const full = (): Promise<never> => Promise.reject(new Error("the disk is full"));
    Object.assign(broken.tags, { built: full, buildTime: full });
    for (const times of [new CreatedTimes(), new CreatedTimes({ journal: broken })]) {
      for (let run = 0; run < 2; run += 1)
        expect(await timesOf(times)).toMatchObject({ times: [CREATED, undefined], read: 2 });
    }
  });
});
