import { describe, expect, it } from "vitest";
import { digestOf } from "../../content/digest.ts";
import { MemoryJournal } from "../../journal/memory-journal.ts";
import { KnownBlobs } from "./known-blobs.ts";

const HOST = "r.example";
const BLOB = digestOf(Buffer.from("a blob"));
const here = { repository: "app", access: "me" };

describe("KnownBlobs", () => {
  it("seen() is waited for by saved(), and by nobody else", async () => {
    const { blobs: journal } = new MemoryJournal();
    const { promise: written, resolve: write } = Promise.withResolvers<void>();
    const blobs = new KnownBlobs(HOST, Object.assign(Object.create(journal), { seen: () => written }));
    blobs.seen(here, BLOB);
    let isSaved = false;
    const saving = blobs.saved().then(() => {
      isSaved = true;
    });
    expect(await blobs.mountSource(here, BLOB, ["other"])).toBe("other");
    expect(isSaved).toBe(false);
    write();
    await saving;
  });

  it("saved() does not mind a journal that fails", async () => {
    const { blobs: journal } = new MemoryJournal();
    const failing = Object.assign(Object.create(journal), { seen: () => Promise.reject(new Error("full")) });
    const blobs = new KnownBlobs(HOST, failing);
    blobs.seen(here, BLOB);
    await blobs.saved();
  });

  it("refuses() asks the journal once for a pair, and knows at once what was refused since", async () => {
    const { blobs: journal } = new MemoryJournal();
    const asked: string[] = [];
    const watched = Object.assign(Object.create(journal), {
      refusesMount: async (pair: { readonly from: string }) => {
        asked.push(pair.from);
        return pair.from === "secret";
      },
    });
    const blobs = new KnownBlobs(HOST, watched);
    for (let n = 0; n < 3; n += 1) {
      expect(await blobs.refuses("secret", here)).toBe(true);
      expect(await blobs.refuses("open", here)).toBe(false);
    }
    expect(asked).toEqual(["secret", "open"]);
    await blobs.refuse("open", here);
    expect(await blobs.refuses("open", here)).toBe(true);
  });
});
