import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CollectedBytes } from "./collected-bytes.ts";

describe("CollectedBytes", () => {
  it("gives the pieces as one, however long they are", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 20 }), (pieces) => {
        const collected = new CollectedBytes();
        for (const piece of pieces) collected.add(piece);
        expect(Buffer.compare(collected.bytes(), Buffer.concat(pieces))).toBe(0);
        expect(collected.size).toBe(Buffer.concat(pieces).length);
      }),
      { numRuns: 50 },
    );
  });

  it("takes little more memory than the bytes of pieces of one byte", () => {
    const before = process.memoryUsage().arrayBuffers;
    const collected = new CollectedBytes();
    const page = Buffer.alloc(1_000_000);
    for (let at = 0; at < page.length; at += 1) collected.add(page.subarray(at, at + 1));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
    expect(collected.bytes()).toHaveLength(1_000_000);
  });
});
