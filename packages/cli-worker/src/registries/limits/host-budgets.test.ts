import { describe, expect, it } from "vitest";
import type { HostRules } from "../host-rules.ts";
import { HostBudgets, type HostBudgetsOptions } from "./host-budgets.ts";

const DAYS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6]);
const [MORNING, EVENING] = [8 * 60, 18 * 60];

/** Budgets of `r.example`, and the hour that it is for them. */
function budgetsOf(
  rules: Pick<HostRules, "limits" | "windows">,
  options: Omit<HostBudgetsOptions, "rules" | "clock"> = {},
): { readonly budgets: HostBudgets; readonly at: (hour: number) => void } {
  let now = new Date(2026, 2, 2);
  const whole: HostRules = { host: "r.example", tls: { insecure: false, plainHttp: false }, mirrors: [], ...rules };
  return {
    budgets: new HostBudgets({ rules: new Map([["r.example", whole]]), clock: () => now, ...options }),
    at: (hour) => {
      now = new Date(2026, 2, 2, hour);
    },
  };
}

const byDay = (limits: HostRules["limits"]) => [{ since: MORNING, until: EVENING, days: DAYS, limits }];

describe("HostBudgets", () => {
  it("has none for a host without limits, or with one that connections keep", () => {
    const { budgets } = budgetsOf({ limits: { concurrency: 4 }, windows: [] });
    expect(budgets.of("r.example")).toBeUndefined();
    expect(budgets.of("other.example")).toBeUndefined();
    expect([budgets.connectionsOf("r.example"), budgets.connectionsOf("other.example")]).toEqual([4, undefined]);
  });

  it("lowers how many are at once for the hours of a window, and lifts that after it", () => {
    const { budgets, at } = budgetsOf({ limits: { concurrency: 8 }, windows: byDay({ concurrency: 2 }) });
    expect(budgets.connectionsOf("r.example")).toBe(8);
    const seen = [7, 8, 17, 18].map((hour) => {
      at(hour);
      return budgets.of("r.example")?.concurrency;
    });
    expect(seen).toEqual([8, 2, 2, 8]);
  });

  it("gives a host the connections that a window wants, and holds it to the usual ones at other hours", () => {
    const { budgets, at } = budgetsOf({ limits: {}, windows: byDay({ concurrency: 64 }) }, { concurrency: 16 });
    expect(budgets.connectionsOf("r.example")).toBe(64);
    at(3);
    expect(budgets.of("r.example")?.concurrency).toBe(16);
    at(12);
    expect(budgets.of("r.example")?.concurrency).toBe(64);
  });

  it("leaves how many are at once alone where windows are about other limits", () => {
    const { budgets, at } = budgetsOf({ limits: { concurrency: 8 }, windows: byDay({ bytesPerSecond: 1000 }) });
    at(12);
    expect(budgets.of("r.example")?.concurrency).toBeUndefined();
  });
});
