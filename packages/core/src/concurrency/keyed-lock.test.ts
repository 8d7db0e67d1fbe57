import { describe, expect, it } from "vitest";
import { KeyedLock } from "./keyed-lock.ts";

describe("KeyedLock", () => {
  it("runs one after the other under a key, in the order of asking, and others beside them", async () => {
    const lock = new KeyedLock();
    const log: string[] = [];
    const first = Promise.withResolvers<void>();
    const runs = [
      lock.run("a", async () => {
        log.push("a1 begins");
        await first.promise;
        log.push("a1 ends");
      }),
      lock.run("a", async () => void log.push("a2")),
      lock.run("b", async () => void log.push("b")),
    ];
    await runs[2];
    first.resolve();
    await Promise.all(runs);
    expect(log).toEqual(["a1 begins", "b", "a1 ends", "a2"]);
  });

  it("goes on after a failure", async () => {
    const lock = new KeyedLock();
    await expect(lock.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await lock.run("a", async () => 1)).toBe(1);
  });

  it("an aborted waiter leaves with the reason and lets nobody past the holder", async () => {
    const lock = new KeyedLock();
    const log: string[] = [];
    const held = Promise.withResolvers<void>();
    const abort = new AbortController();
    const holder = lock.run("a", async () => {
      await held.promise;
      log.push("holder");
    });
    const waiter = lock.run("a", async () => void log.push("waiter"), abort.signal);
    const last = lock.run("a", async () => void log.push("last"));
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(waiter).rejects.toBe(reason);
    held.resolve();
    await Promise.all([holder, last]);
    expect(log).toEqual(["holder", "last"]);
  });
});
