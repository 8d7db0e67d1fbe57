import { describe, expect, it } from "vitest";
import { LowestRate } from "./lowest-rate.ts";

/** A body of which pieces come, each after the reader waited so long for it. */
function waiting(rate: { readonly bytesPerSecond: number; readonly windowMs: number }) {
  let now = 0;
  const lowest = new LowestRate(rate, () => now);
  return {
    wait: (ms: number, bytes: number) => {
      lowest.waits();
      now += ms;
      lowest.received(bytes);
      return lowest.waited();
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("LowestRate", () => {
  it("finds a body too slow that drips for a window, with what came", () => {
    const body = waiting({ bytesPerSecond: 1000, windowMs: 60_000 });
    const slow = Array.from({ length: 20 }, () => body.wait(3000, 1)).filter((window) => window !== undefined);
    expect(slow).toEqual([{ bytes: 20, bytesPerSecond: 1000, windowMs: 60_000 }]);
  });

  it("takes a body that comes at the lowest rate, in bursts too", () => {
    const body = waiting({ bytesPerSecond: 1000, windowMs: 60_000 });
    expect(Array.from({ length: 100 }, () => body.wait(20_000, 20_000)).every((slow) => slow === undefined)).toBe(true);
  });

  it("counts no time in which the reader does not wait: a slow target is not the source's fault", () => {
    const body = waiting({ bytesPerSecond: 1000, windowMs: 60_000 });
    for (let piece = 0; piece < 1000; piece += 1) {
      expect(body.wait(1, 1)).toBeUndefined();
      body.pass(60_000);
    }
  });

  it("measures each window anew: what came long ago is no credit", () => {
    const body = waiting({ bytesPerSecond: 1000, windowMs: 1000 });
    expect(body.wait(1000, 1_000_000)).toBeUndefined();
    expect(body.wait(1000, 1)).toMatchObject({ bytes: 1 });
  });
});
