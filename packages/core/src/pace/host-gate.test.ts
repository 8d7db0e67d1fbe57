import { describe, expect, it } from "vitest";
import { Clock } from "./clock.ts";
import { HostGate } from "./host-gate.ts";

describe("HostGate", () => {
  it("lets through at once while it is open", async () => {
    const gate = new HostGate(new Clock(() => Promise.reject(new Error("slept"))));
    await gate.pass(() => {});
  });

  it("holds until the longest of the times told, however it was closed meanwhile", async () => {
    const waits: number[] = [];
    const clock = new Clock(async (ms) => {
      waits.push(Math.round(ms));
      if (waits.length === 1) gate.closeFor(9000);
    });
    const gate = new HostGate(clock);
    gate.closeFor(5000);
    gate.closeFor(1000);
    await gate.pass(() => {});
    // The second closing came when the first wait had just begun.
    expect(waits).toEqual([5000, 4000]);
    expect(gate.closedForMs).toBe(0);
  });

  it("says the wait before it waits, and ends with what that throws", async () => {
    const gate = new HostGate(new Clock(() => Promise.reject(new Error("slept"))));
    gate.closeFor(5000);
    const tooLong = new Error("too long");
    const passing = gate.pass((ms) => {
      expect(ms).toBeGreaterThan(4000);
      throw tooLong;
    });
    await expect(passing).rejects.toBe(tooLong);
  });
});
