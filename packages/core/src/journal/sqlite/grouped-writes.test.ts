import { describe, expect, it } from "vitest";
import type { Connection } from "../state/connection.ts";
import { GroupedWrites } from "./grouped-writes.ts";

const connection = {} as Connection;

describe("GroupedWrites", () => {
  it("makes what is added at about the same time in one transaction, in its order", async () => {
    const written: string[] = [];
    const grouped = new GroupedWrites(async (action) => {
      written.push("begin");
      action(connection);
      written.push("commit");
    });
    const add = (name: string) => (): void => void written.push(name);
    // What is written next takes along what could wait, and what comes after it in the same turn.
    await Promise.all([grouped.soon(add("a")), grouped.next(add("b")), grouped.soon(add("c")), grouped.next(add("d"))]);
    expect(written).toEqual(["begin", "a", "b", "c", "d", "commit"]);
    await Promise.all([grouped.soon(add("e")), grouped.soon(add("f"))]);
    expect(written.slice(6)).toEqual(["begin", "e", "f", "commit"]);
  });

  it("done() writes at once what waits", async () => {
    const written: string[] = [];
    const grouped = new GroupedWrites(async (action) => action(connection));
    void grouped.soon(() => void written.push("a"));
    const done = grouped.done();
    expect(written).toEqual(["a"]);
    await done;
  });

  it("done() waits for a transaction that has begun, such as one that waits for another process", async () => {
    const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
    const { promise: free, resolve: release } = Promise.withResolvers<void>();
    const order: string[] = [];
    const grouped = new GroupedWrites(async () => {
      begins();
      await free;
      order.push("committed");
    });
    const added = grouped.next(() => {});
    await begun;
    const done = grouped.done().then(() => order.push("done"));
    release();
    await Promise.all([added, done]);
    expect(order).toEqual(["committed", "done"]);
  });

  it("next() throws what made its transaction fail, and done() does not", async () => {
    const grouped = new GroupedWrites(() => Promise.reject(new Error("disk full")));
    const added = grouped.next(() => {});
    await Promise.all([grouped.done(), expect(added).rejects.toThrow("disk full")]);
  });
});
