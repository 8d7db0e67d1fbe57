import pLimit from "p-limit";
import { describe, expect, it } from "vitest";
import { CopyRun, lending } from "./run.ts";

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

  it("lends no more slots than it may", async () => {
    const slots = pLimit(1);
    const waited = Promise.withResolvers<void>();
    const waiting = [1, 2, 3].map(() => lending(slots, 2)(() => waited.promise));
    expect(slots.concurrency).toBe(2);
    waited.resolve();
    await Promise.all(waiting);
    expect(slots.concurrency).toBe(1);
  });

  it("takes the slot back from a wait that ends in an error", async () => {
    const slots = pLimit(1);
    const reason = new Error("enough");
    await expect(lending(slots)(() => Promise.reject(reason))).rejects.toBe(reason);
    expect(slots.concurrency).toBe(1);
  });
});

describe("CopyRun.inPushSlot()", () => {
  const [source, busy, other] = [{}, {}, {}];

  it.each([
    ["big", 100_000, { blobs: 2 }],
    ["small", 1000, { concurrency: 2 }],
  ])(
    "begins no more pushes of %s blobs between two registries than there are slots, though all of them wait",
    async (_, size, limits) => {
      const run = new CopyRun(limits);
      const layer = { mediaType: "application/octet-stream", digest: "sha256:00", size } as const;
      const [waited, turns] = [Promise.withResolvers<void>(), () => new Promise((resolve) => setImmediate(resolve))];
      let begun = 0;
      const pushes = Array.from({ length: 20 }, () =>
        run.inPushSlot(source, busy, layer, async () => {
          begun += 1;
          await waited.promise;
        }),
      );
      await turns();
      expect(begun).toBe(2);
      // To another registry, and from another one, pushes go on meanwhile.
      await run.inPushSlot(source, other, layer, async () => {});
      await run.inPushSlot(other, busy, layer, async () => {});
      expect(begun).toBe(2);
      waited.resolve();
      await Promise.all(pushes);
      expect(begun).toBe(20);
    },
  );
});
