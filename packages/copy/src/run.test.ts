import pLimit from "p-limit";
import { describe, expect, it } from "vitest";
import { lending } from "./run.ts";

describe("lending()", () => {
  it("starts another call while the one in the slot waits, and takes the slot back", async () => {
    const slots = pLimit(1);
    const [waited, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const order: string[] = [];
    const waiting = slots(async () => {
      await lending(slots)(() => waited.promise);
      order.push("the first goes on");
    });
    const next = slots(async () => {
      order.push("the second begins");
      await second.promise;
    });
    const last = slots(async () => void order.push("the third begins"));
    second.resolve();
    await next;
    waited.resolve();
    await Promise.all([waiting, last]);
    expect(order.indexOf("the second begins")).toBeLessThan(order.indexOf("the first goes on"));
    expect(slots.concurrency).toBe(1);
  });

  it("takes the slot back from a wait that ends in an error", async () => {
    const slots = pLimit(1);
    const reason = new Error("enough");
    await expect(lending(slots)(() => Promise.reject(reason))).rejects.toBe(reason);
    expect(slots.concurrency).toBe(1);
  });
});
