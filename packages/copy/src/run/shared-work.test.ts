import { describe, expect, it } from "vitest";
import { SharedWork } from "./shared-work.ts";

const never = new AbortController().signal;

describe("SharedWork", () => {
  it("does work once, in flight and afterwards, until it is forgotten", async () => {
    const work = new SharedWork();
    let times = 0;
    const task = async () => (times += 1);
    const [first, second] = await Promise.all([work.once("a", task, never), work.once("a", task, never)]);
    expect([first, second, await work.once("a", task, never)]).toEqual([
      { own: true, value: 1 },
      { own: false, value: 1 },
      { own: false, value: 1 },
    ]);
    work.forget("a");
    expect(await work.once("a", task, never)).toEqual({ own: true, value: 2 });
  });

  it("remembers nothing where that is said: who asks in flight shares it, who asks later does it anew", async () => {
    const work = new SharedWork({ remember: false });
    let times = 0;
    const task = async () => (times += 1);
    const asked = await Promise.all([work.once("a", task, never), work.once("a", task, never)]);
    expect([...asked, await work.once("a", task, never)].map(({ value }) => value)).toEqual([1, 1, 2]);
  });

  it("lets who waited do it again where it failed", async () => {
    const work = new SharedWork();
    const { promise, reject } = Promise.withResolvers<string>();
    const failing = work.once("a", () => promise, never);
    const waiting = work.once("a", async () => "mine", never);
    reject(new Error("broken"));
    await expect(failing).rejects.toThrow("broken");
    expect(await waiting).toEqual({ own: true, value: "mine" });
  });

  it("lets nobody wait longer than its own signal says", async () => {
    const work = new SharedWork();
    const { promise, resolve } = Promise.withResolvers<string>();
    const leading = work.once("a", () => promise, never);
    const controller = new AbortController();
    const reason = new Error("stop");
    const waiting = work.once("a", async () => "mine", controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    resolve("done");
    expect(await leading).toEqual({ own: true, value: "done" });
  });
});
