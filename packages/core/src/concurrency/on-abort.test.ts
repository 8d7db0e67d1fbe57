import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { onAbort } from "./on-abort.ts";

describe("onAbort()", () => {
  it("tells all who watch a signal, and nobody who has left", () => {
    const controller = new AbortController();
    const told: string[] = [];
    onAbort(controller.signal, () => told.push("one"));
    const leave = onAbort(controller.signal, () => told.push("two"));
    onAbort(controller.signal, () => told.push("three"));
    leave();
    controller.abort();
    expect(told).toEqual(["one", "three"]);
  });

  it("has one listener on a signal that many watch, and none when all have left", () => {
    const { signal } = new AbortController();
    const leave = Array.from({ length: 50 }, () => onAbort(signal, () => {}));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    for (const one of leave) one();
    for (const one of leave) one();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    onAbort(signal, () => {})();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("lets one leave while all are told", () => {
    const controller = new AbortController();
    const told: string[] = [];
    let leaveSecond = (): void => {};
    onAbort(controller.signal, () => leaveSecond());
    leaveSecond = onAbort(controller.signal, () => told.push("second"));
    controller.abort();
    expect(told).toEqual([]);
  });
});
