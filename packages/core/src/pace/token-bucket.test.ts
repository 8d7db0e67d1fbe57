import { describe, expect, it } from "vitest";
import { Clock } from "./clock.ts";
import { TokenBucket } from "./token-bucket.ts";

/** A bucket whose waits take no time, and what they add up to. */
function bucketOf(rate: () => number | undefined): { readonly bucket: TokenBucket; readonly waited: () => number } {
  let total = 0;
  const clock = new Clock(async (ms) => {
    total += ms;
  });
  return { bucket: new TokenBucket({ clock, rate }), waited: () => total };
}

describe("TokenBucket", () => {
  it("gives the first at once, and the others at the rate", async () => {
    const { bucket, waited } = bucketOf(() => 10);
    for (let n = 0; n < 10; n += 1) await bucket.take(1);
    expect(waited()).toBeGreaterThan(800);
    expect(waited()).toBeLessThanOrEqual(910);
  });

  it("gives an amount over the rate whole, and lets those who come after wait until it is paid for", async () => {
    const { bucket, waited } = bucketOf(() => 100);
    await bucket.take(1000);
    expect(waited()).toBe(0);
    expect(bucket.isBehind).toBe(true);
    await bucket.take(1);
    expect(waited()).toBeGreaterThan(9500);
    expect(waited()).toBeLessThanOrEqual(10_100);
  });

  it("keeps no more than 100 ms of what was not used", async () => {
    let idle = 0;
    const clock = new Clock(async (ms) => {
      idle += ms;
    });
    const bucket = new TokenBucket({ clock, rate: () => 100 });
    await clock.sleep(60_000);
    idle = 0;
    // Ten are kept, and the one after them is given at once.
    for (let n = 0; n < 11; n += 1) await bucket.take(1);
    expect(idle).toBe(0);
    for (let n = 0; n < 100; n += 1) await bucket.take(1);
    expect(idle).toBeGreaterThan(900);
  });

  it("counts what was debited without a wait", async () => {
    const { bucket, waited } = bucketOf(() => 10);
    bucket.debit(10);
    await bucket.take(1);
    expect(waited()).toBeGreaterThan(900);
  });

  it("does without a limit, and with another one, as soon as it is told", async () => {
    let rate: number | undefined = 1;
    const waits: number[] = [];
    const clock = new Clock(async (ms) => {
      waits.push(ms);
      if (waits.length === 2) rate = undefined;
    });
    const bucket = new TokenBucket({ clock, rate: () => rate });
    await bucket.take(1000);
    await bucket.take(1);
    expect(waits).toHaveLength(2);
    expect(bucket.isBehind).toBe(false);
  });

  it("gives back what somebody asked for who gave up waiting", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let total = 0;
    const clock = new Clock(async (ms, signal) => {
      total += ms;
      signal?.throwIfAborted();
    });
    const bucket = new TokenBucket({ clock, rate: () => 10 });
    await bucket.take(1);
    controller.abort(reason);
    await expect(bucket.take(1_000_000, controller.signal)).rejects.toBe(reason);
    total = 0;
    await bucket.take(1);
    expect(total).toBeLessThanOrEqual(110);
  });
});
