import { describe, expect, it } from "vitest";
import { type HashSituation, paysToShare } from "./choose-hash.ts";

const GOOD: HashSituation = { size: 1 << 30, shared: true, blobs: 1, busy: false, cores: 2, load: 0.4 };

describe("paysToShare()", () => {
  it("has a thread hash a lone big blob where a core is idle", () => {
    expect(paysToShare(GOOD)).toBe(true);
    expect(paysToShare({ ...GOOD, blobs: 2 })).toBe(true);
    expect(paysToShare({ ...GOOD, cores: 8, load: 6.5 })).toBe(true);
  });

  it.each<[string, Partial<HashSituation>]>([
    ["a blob that is over before a thread has started", { size: 1 << 25 }],
    ["memory that no other thread sees", { shared: false }],
    ["many at once", { blobs: 3 }],
    ["a thread that hashes another one", { busy: true }],
    ["one core", { cores: 1, load: 0.1 }],
    ["a machine that is busy", { load: 1.2 }],
  ])("has it hashed here for %s", (_, other) => {
    expect(paysToShare({ ...GOOD, ...other })).toBe(false);
  });
});
