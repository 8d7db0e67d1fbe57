import { describe, expect, it } from "vitest";
import { SlabPool } from "../../bytes/slab-pool.ts";
import { LEAST_SLABS, SMALL_SLAB } from "../../bytes/slab-sizes.ts";
import { SlabFiller } from "./slab-filler.ts";

const NO_END = Number.POSITIVE_INFINITY;

/** A filler of two small slabs, as one among many transfers. */
async function smallFiller(options: { readonly tls: boolean }): Promise<SlabFiller> {
  return new SlabFiller(await new SlabPool({ budget: LEAST_SLABS * SMALL_SLAB }).open(), options);
}

/** Fills the room that is given, all of it, until there is none for more. */
function fillUp(filler: SlabFiller) {
  const regions = [];
  do {
    const room = filler.room(NO_END);
    room.fill(regions.length + 1);
    regions.push(filler.filled(room.length));
  } while (filler.isReady(NO_END));
  return regions;
}

describe("SlabFiller", () => {
  it("fills a slab whole, and gives no byte of one that was filled until it comes home", async () => {
    const filler = await smallFiller({ tls: false });
    const regions = fillUp(filler);
    expect(regions.map(({ start, end }) => end - start)).toEqual([SMALL_SLAB, SMALL_SLAB]);
    filler.room(NO_END).fill(9);
    expect(regions.map(({ slab }) => slab.memory.every((byte, _, all) => byte === all[0] && byte < 9))).toEqual([
      true,
      true,
    ]);
  });

  it("moves what came to the room of before a pause into the next slab, and goes on behind it", async () => {
    const filler = await smallFiller({ tls: false });
    const regions = fillUp(filler);
    const landing = filler.room(NO_END);
    for (const { slab } of regions) slab.letGo();
    expect(filler.isReady(NO_END)).toBe(true);
    landing.set([7, 8]);
    const { slab, start, end } = filler.filled(2);
    expect([...slab.memory.subarray(start, end)]).toEqual([7, 8]);
    filler.room(NO_END).fill(9);
    expect([...slab.memory.subarray(0, 3)]).toEqual([7, 8, 9]);
    slab.letGo();
    filler.close();
  });

  it("keeps room for what comes over TLS after a pause, and fails where more comes", async () => {
    const filler = await smallFiller({ tls: true });
    const regions = fillUp(filler);
    const room = filler.room(NO_END);
    expect(room.length).toBeGreaterThanOrEqual(80 * 1024);
    regions.push(filler.filled(room.length));
    filler.room(NO_END);
    expect(() => filler.filled(1)).toThrow("More bytes came than there was room for");
  });

  it("never gives room for more than is to come", async () => {
    const filler = await smallFiller({ tls: false });
    expect(filler.room(5)).toHaveLength(5);
    fillUp(filler);
    expect(filler.room(5)).toHaveLength(5);
  });
});
