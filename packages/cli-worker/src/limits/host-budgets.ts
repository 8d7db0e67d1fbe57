import { HostBudget, type HostLimits } from "@tranship/core";
import type { HostRules } from "../mirror/mirror-file.ts";
import { limitsAt } from "./limits-at.ts";

export interface HostBudgetsOptions {
  readonly rules: ReadonlyMap<string, HostRules>;
  /** `--limit-rate`: for each host, in the place of what the rules say. */
  readonly bytesPerSecond?: number | undefined;
}

/** The budgets of the hosts that a command asks: one for each, whoever it asks as. */
export class HostBudgets {
  readonly #options: HostBudgetsOptions;
  readonly #budgets = new Map<string, HostBudget>();

  constructor(options: HostBudgetsOptions) {
    this.#options = options;
  }

  /** Undefined where the host has no limits at any time. */
  of(host: string): HostBudget | undefined {
    const { rules, bytesPerSecond } = this.#options;
    const rule = rules.get(host) ?? { limits: {}, windows: [] };
    const limits: readonly HostLimits[] = [
      rule.limits,
      ...rule.windows.map((window) => window.limits),
      { bytesPerSecond },
    ];
    if (!limits.some((one) => one.bytesPerSecond !== undefined || one.requestsPerSecond !== undefined))
      return undefined;
    const known = this.#budgets.get(host);
    if (known !== undefined) return known;
    const budget = new HostBudget({
      limits: () => {
        const now = limitsAt(rule, new Date());
        return bytesPerSecond === undefined ? now : { ...now, bytesPerSecond };
      },
    });
    this.#budgets.set(host, budget);
    return budget;
  }
}
