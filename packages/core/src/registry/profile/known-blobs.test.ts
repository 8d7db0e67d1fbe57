import { describe, expect, it } from "vitest";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import { KnownBlobs } from "./known-blobs.ts";

const HOST = "r.example";
const here = { repository: "app", access: "me" };

describe("KnownBlobs", () => {
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
