import { describe, expect, it } from "vitest";
import { leasesOf } from "./lease.ts";
import { slabContentOf } from "./slab-content.ts";
import { SlabPool } from "./slab-pool.ts";

const KIB = 1024;

/** Fills with a number that counts up, so many times. */
function counting(times: number) {
  const state = { filled: 0, closed: 0 };
  const fill = async (into: Uint8Array): Promise<number> => {
    if (state.filled === times) return 0;
    state.filled += 1;
    into.fill(state.filled, 0, 10);
    return 10;
  };
  const close = async (): Promise<void> => {
    state.closed += 1;
  };
  return { fill, close, state };
}

describe("slabContent()", () => {
  it("gives what is filled in, and takes no memory before or after", async () => {
    const pool = new SlabPool({ budget: 512 * KIB });
    const source = counting(5);
    const content = slabContentOf(pool, source);
    expect(pool.memory).toBe(0);
    const pieces = await Array.fromAsync(content);
    expect(pieces.map((piece) => [...piece])).toEqual(
      [1, 2, 3, 4, 5].map((number) => Array.from({ length: 10 }, () => number)),
    );
    expect([pool.lent, pool.transfers, source.state.closed]).toEqual([0, 0, 1]);
  });

  it("fills no slab that is still lent, and goes on when one comes home", async () => {
    const pool = new SlabPool({ budget: 512 * KIB });
    const { fill, state } = counting(9);
    const leases = leasesOf(slabContentOf(pool, { fill }));
    const [first, second] = [await leases.read(), await leases.read()];
    const third = leases.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect([state.filled, first?.bytes[0], second?.bytes[0]]).toEqual([2, 1, 2]);
    first?.release();
    expect((await third)?.bytes[0]).toBe(3);
  });

  it("gives nothing to a reading that waits when it is closed, and its memory back", async () => {
    const pool = new SlabPool({ budget: 512 * KIB });
    const { fill, close, state } = counting(9);
    const leases = leasesOf(slabContentOf(pool, { fill, close }));
    const lent = [await leases.read(), await leases.read()];
    const waiting = leases.read();
    await new Promise((resolve) => setImmediate(resolve));
    await leases.close();
    expect(await waiting).toBeUndefined();
    for (const lease of lent) lease?.release();
    expect([pool.lent, pool.transfers, state.closed]).toEqual([0, 0, 1]);
  });

  it("holds no memory while it waits: what it waits for may need it", async () => {
    const pool = new SlabPool({ budget: 512 * KIB });
    let grown = false;
    const grow = async (): Promise<void> => {
      await Array.fromAsync(slabContentOf(pool, counting(3)));
      grown = true;
    };
    const { fill, state } = counting(2);
    const content = slabContentOf(pool, { fill, ready: () => (grown || state.filled === 0 ? undefined : grow()) });
    const pieces = await Array.fromAsync(content);
    expect(pieces.map(([number]) => number)).toEqual([1, 2]);
    expect([grown, pool.lent, pool.transfers]).toEqual([true, 0, 0]);
  });

  it("hands on what comes after its end as it is, with no memory of its own, and closes it", async () => {
    const pool = new SlabPool({ budget: 512 * KIB });
    const { fill, close, state } = counting(1);
    const others = counting(9);
    const content = slabContentOf(pool, { fill, close, rest: async () => slabContentOf(pool, others) });
    const leases = leasesOf(content);
    for (const number of [1, 1, 2]) {
      const lease = await leases.read();
      expect(lease?.bytes[0]).toBe(number);
      lease?.release();
    }
    expect(pool.transfers).toBe(1);
    await leases.close();
    expect([state.closed, others.state.closed, pool.transfers, pool.lent]).toEqual([1, 1, 0, 0]);
  });

  it("throws what the source throws, and lends nothing then", async () => {
    const pool = new SlabPool({ budget: 512 * KIB });
    const leases = leasesOf(slabContentOf(pool, { fill: () => Promise.reject(new Error("no disk")) }));
    await expect(leases.read()).rejects.toThrow("no disk");
    expect(pool.lent).toBe(0);
    const aborted = AbortSignal.abort(new Error("stop"));
    await expect(leasesOf(slabContentOf(pool, { ...counting(1), signal: aborted })).read()).rejects.toThrow("stop");
    expect(pool.transfers).toBe(0);
  });
});
