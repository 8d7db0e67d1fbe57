import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Slab } from "./slab.ts";
import { SlabPool } from "./slab-pool.ts";
import type { SlabShare } from "./slab-share.ts";
import { LARGE_SLAB, MIB, SMALL_SLAB } from "./slab-sizes.ts";

/** All that a share gets before it must wait. */
function takeAll(share: SlabShare): Slab[] {
  const slabs: Slab[] = [];
  for (let slab = share.take(); slab !== undefined; slab = share.take()) slabs.push(slab);
  return slabs;
}

function sizes(slabs: readonly Slab[]): readonly number[] {
  return slabs.map(({ size }) => size);
}

describe("SlabPool", () => {
  it("gives a lone transfer four large slabs, and has them back", async () => {
    const pool = new SlabPool();
    const share = await pool.open();
    const slabs = takeAll(share);
    expect(sizes(slabs)).toEqual([LARGE_SLAB, LARGE_SLAB, LARGE_SLAB, LARGE_SLAB]);
    for (const slab of slabs) slab.letGo();
    share.close();
    expect(pool).toMatchObject({ lent: 0, transfers: 0 });
  });

  it("gives sixteen transfers equal parts", async () => {
    const pool = new SlabPool();
    const shares = await Promise.all(Array.from({ length: 16 }, () => pool.open()));
    for (const share of shares) expect(sizes(takeAll(share))).toEqual([SMALL_SLAB, SMALL_SLAB, SMALL_SLAB, SMALL_SLAB]);
  });

  it("keeps two small slabs for each, also where others took all the rest before", async () => {
    const pool = new SlabPool({ budget: 4 * MIB });
    const first = await pool.open();
    const taken = takeAll(first);
    expect(pool.lent).toBeLessThanOrEqual(pool.budget);
    const second = pool.open();
    taken.pop()?.letGo();
    expect(sizes(takeAll(await second))).toEqual([SMALL_SLAB, SMALL_SLAB]);
    // The first has more than its part: it gets no more until its slabs are home.
    expect(first.take()).toBeUndefined();
    while (taken.length > 1) taken.pop()?.letGo();
    expect(first.take()?.size).toBeGreaterThan(0);
  });

  it("gives nobody more than an equal part, also where the others have not taken theirs yet", async () => {
    const pool = new SlabPool({ budget: 4 * MIB });
    const [first, second] = [await pool.open(), await pool.open()];
    for (const share of [first, second]) expect(sizes(takeAll(share))).toEqual([LARGE_SLAB, LARGE_SLAB]);
  });

  it("gives nobody more than two while somebody waits, though it is there and part of an equal part", async () => {
    const pool = new SlabPool({ budget: 11 * SMALL_SLAB });
    const taken = takeAll(await pool.open());
    expect(sizes(taken)).toEqual([LARGE_SLAB, LARGE_SLAB]);
    const second = await pool.open();
    const third = pool.open();
    expect(sizes(takeAll(second))).toEqual([SMALL_SLAB, SMALL_SLAB]);
    taken[0]?.letGo();
    await third;
    expect(second.take()?.size).toBe(SMALL_SLAB);
  });

  it("serves those who wait in their order, and forgets who gave up", async () => {
    const pool = new SlabPool({ budget: 2 * SMALL_SLAB });
    const first = await pool.open();
    const order: number[] = [];
    const gaveUp = new AbortController();
    const second = pool.open(gaveUp.signal);
    const rest = [3, 4].map(async (name) => {
      const share = await pool.open();
      order.push(name);
      share.close();
    });
    const reason = new Error("enough");
    gaveUp.abort(reason);
    await expect(second).rejects.toBe(reason);
    first.close();
    await Promise.all(rest);
    expect(order).toEqual([3, 4]);
    expect(pool.transfers).toBe(0);
  });

  it("tells a share when one of its slabs came home, not before the last who holds it lets go", async () => {
    const share = await new SlabPool().open();
    const slab = share.take();
    if (slab === undefined) throw new Error("no slab");
    let told = 0;
    share.onHome(() => {
      told += 1;
    });
    slab.hold();
    const lease = slab.lend(0, 10);
    slab.letGo();
    expect(told).toBe(0);
    lease.release();
    lease.release();
    expect(told).toBe(1);
    expect(() => slab.letGo()).toThrow("twice");
  });

  it("cuts large slabs into small ones and puts them together again: no memory is taken twice", async () => {
    const pool = new SlabPool({ budget: 4 * MIB });
    const alone = await pool.open();
    for (const slab of takeAll(alone)) slab.letGo();
    const shares = await Promise.all(Array.from({ length: 7 }, () => pool.open()));
    const small = shares.flatMap(takeAll);
    expect(new Set(sizes(small))).toEqual(new Set([SMALL_SLAB]));
    expect(pool.memory).toBe(4 * MIB);
    for (const slab of small) slab.memory.fill(small.indexOf(slab));
    for (const [at, slab] of small.entries()) expect(slab.memory.every((byte) => byte === at)).toBe(true);
    for (const slab of small.splice(2)) slab.letGo();
    for (const share of shares) share.close();
    // Two small ones are still out: of their blocks none is whole.
    expect(sizes(takeAll(alone)).filter((size) => size === LARGE_SLAB).length).toBeGreaterThanOrEqual(2);
    expect(pool.memory).toBe(4 * MIB);
  });

  it("refuses a budget that is too small for one transfer", () => {
    expect(() => new SlabPool({ budget: 2 * SMALL_SLAB - 1 })).toThrow(RangeError);
    expect(() => new SlabPool({ budget: Number.NaN })).toThrow(RangeError);
  });

  it("never exceeds its budget, always has two slabs for who was let in, and gets everything back, whatever is done in whatever order", async () => {
    const action = fc.record({ kind: fc.constantFrom("open", "take", "release", "close"), which: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 40 }),
        fc.array(action, { maxLength: 200 }),
        async (quarters, actions) => {
          const pool = new SlabPool({ budget: quarters * SMALL_SLAB });
          const open: { share: SlabShare; slabs: Slab[] }[] = [];
          const late: Slab[] = [];
          const waiting: Promise<unknown>[] = [];
          for (const { kind, which } of actions) {
            const one = open[which % Math.max(1, open.length)];
            if (kind === "open") {
              waiting.push(pool.open().then((share) => open.push({ share, slabs: [] })));
              await Promise.resolve();
            } else if (one !== undefined && kind === "take") {
              const slab = one.share.take();
              if (slab === undefined) expect(one.slabs.length).toBeGreaterThanOrEqual(2);
              else one.slabs.push(slab);
            } else if (one !== undefined && kind === "release") {
              one.slabs.shift()?.letGo();
            } else if (one !== undefined) {
              one.share.close();
              late.push(...one.slabs);
              open.splice(open.indexOf(one), 1);
            }
            expect(pool.memory).toBeLessThanOrEqual(pool.budget);
          }
          for (const slab of late) slab.letGo();
          while (pool.transfers > 0) {
            for (const { share, slabs } of open.splice(0)) {
              for (const slab of slabs) slab.letGo();
              share.close();
            }
            await new Promise(setImmediate);
          }
          await Promise.all(waiting);
          expect(pool.lent).toBe(0);
          expect((await pool.open()).take()?.size).toBeGreaterThan(0);
        },
      ),
    );
  });
});
