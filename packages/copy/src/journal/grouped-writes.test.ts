import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Connection } from "./connection.ts";
import { GroupedWrites } from "./grouped-writes.ts";

const connection = {} as Connection;

describe("GroupedWrites", () => {
  it("makes what is added at about the same time in one transaction, in its order", async () => {
    const written: string[] = [];
    const grouped = new GroupedWrites(async (action) => {
      written.push("begin");
      action(connection);
      written.push("commit");
    }, nextTurn);
    await Promise.all(["a", "b", "c"].map((name) => grouped.add(() => void written.push(name))));
    expect(written).toEqual(["begin", "a", "b", "c", "commit"]);
    await grouped.add(() => void written.push("d"));
    expect(written.slice(5)).toEqual(["begin", "d", "commit"]);
  });

  it("done() waits for a transaction that has begun, such as one that waits for another process", async () => {
    const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
    const { promise: free, resolve: release } = Promise.withResolvers<void>();
    const order: string[] = [];
    const grouped = new GroupedWrites(async () => {
      begins();
      await free;
      order.push("committed");
    }, nextTurn);
    const added = grouped.add(() => {});
    await begun;
    const done = grouped.done().then(() => order.push("done"));
    release();
    await Promise.all([added, done]);
    expect(order).toEqual(["committed", "done"]);
  });

  it("add() throws what made its transaction fail, and done() does not", async () => {
    const grouped = new GroupedWrites(() => Promise.reject(new Error("disk full")), nextTurn);
    const added = grouped.add(() => {});
    await Promise.all([grouped.done(), expect(added).rejects.toThrow("disk full")]);
  });
});
