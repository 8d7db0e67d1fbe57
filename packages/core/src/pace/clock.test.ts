import { describe, expect, it } from "vitest";
import { Clock } from "./clock.ts";

describe("Clock", () => {
  it("has gone on by what was slept, however short the sleep was", async () => {
    const clock = new Clock(async () => {});
    const before = clock.now();
    await clock.sleep(5000);
    expect(clock.now() - before).toBeGreaterThanOrEqual(5000);
  });

  it("goes on once for sleeps at the same time", async () => {
    const clock = new Clock(async () => {});
    const before = clock.now();
    await Promise.all([clock.sleep(5000), clock.sleep(5000)]);
    expect(clock.now() - before).toBeLessThan(10_000);
  });

  it("ends a sleep with the signal's reason", async () => {
    const reason = new Error("enough");
    await expect(new Clock().sleep(3_600_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
