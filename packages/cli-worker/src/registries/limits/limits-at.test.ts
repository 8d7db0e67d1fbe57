import { describe, expect, it } from "vitest";
import type { HostRules } from "../host-rules.ts";
import { limitsAt } from "./limits-at.ts";

const WEEK: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6]);
const at = (hours: number, minutes = 0): number => hours * 60 + minutes;

/** A time of the week that begins on Sunday, the 1st of March 2026. */
function on(day: number, hours: number, minutes = 0): Date {
  return new Date(2026, 2, 1 + day, hours, minutes);
}

describe("limitsAt()", () => {
  const rules: Pick<HostRules, "limits" | "windows"> = {
    limits: { bytesPerSecond: 100, requestsPerSecond: 5 },
    windows: [
      { since: at(8), until: at(18), days: new Set([1, 2, 3, 4, 5]), limits: { bytesPerSecond: 10 } },
      { since: at(22, 30), until: at(6), days: new Set([6]), limits: { requestsPerSecond: 50 } },
    ],
  };

  it.each([
    ["before a window", on(1, 7, 59), { bytesPerSecond: 100, requestsPerSecond: 5 }],
    ["at its first minute", on(1, 8), { bytesPerSecond: 10, requestsPerSecond: 5 }],
    ["at its last minute", on(5, 17, 59), { bytesPerSecond: 10, requestsPerSecond: 5 }],
    ["after it", on(5, 18), { bytesPerSecond: 100, requestsPerSecond: 5 }],
    ["on another day", on(0, 9), { bytesPerSecond: 100, requestsPerSecond: 5 }],
    ["before midnight", on(6, 23), { bytesPerSecond: 100, requestsPerSecond: 50 }],
    ["after midnight, by the day that it began", on(7, 5, 59), { bytesPerSecond: 100, requestsPerSecond: 50 }],
    ["after midnight, where it did not begin", on(6, 5), { bytesPerSecond: 100, requestsPerSecond: 5 }],
    ["after a night", on(7, 6), { bytesPerSecond: 100, requestsPerSecond: 5 }],
  ])("gives the limits %s", (_, now, limits) => {
    expect(limitsAt(rules, now)).toEqual(limits);
  });

  it("takes a window that ends where it begins for the whole day", () => {
    const windows = [{ since: at(0), until: at(0), days: WEEK, limits: { bytesPerSecond: 1 } }];
    expect(limitsAt({ limits: {}, windows }, on(3, 12))).toEqual({ bytesPerSecond: 1 });
  });

  it("takes the first of two windows", () => {
    const window = { since: at(0), until: at(12), days: WEEK };
    const windows = [
      { ...window, limits: { bytesPerSecond: 1 } },
      { ...window, limits: { bytesPerSecond: 2 } },
    ];
    expect(limitsAt({ limits: {}, windows }, on(3, 1))).toEqual({ bytesPerSecond: 1 });
  });
});
