import { HostBudget, type HostLimits } from "@tranship/core";
import type { HostRules } from "../host-rules.ts";
import { limitsAt } from "./limits-at.ts";

export interface HostBudgetsOptions {
  readonly rules: ReadonlyMap<string, HostRules>;
  /** `--limit-rate`: for each host, in the place of what the rules say. */
  readonly bytesPerSecond?: number | undefined;
  /** `--concurrency`: for each host of which the rules say nothing. */
  readonly concurrency?: number | undefined;
  /** Default: the machine's. */
  readonly clock?: (() => Date) | undefined;
}

/** What a registry's connections are by default. */
const CONNECTIONS = 32;

/** The budgets of the hosts that a command asks: one for each, whoever it asks as. */
export class HostBudgets {
  readonly #options: HostBudgetsOptions;
  readonly #budgets = new Map<string, HostBudget>();

  constructor(options: HostBudgetsOptions) {
    this.#options = options;
  }

  /** Undefined where the host has no limits at any time. */
  of(host: string): HostBudget | undefined {
    const { bytesPerSecond } = this.#options;
    const { limits, windows } = this.#ruleOf(host);
    // How many at once is a matter of the connections where it is the same at all times.
    const { concurrency: _, ...always } = limits;
    const all: readonly HostLimits[] = [always, ...windows.map((window) => window.limits), { bytesPerSecond }];
    if (!all.some((one) => Object.values(one).some((limit) => limit !== undefined))) return undefined;
    const budget = this.#budgets.get(host) ?? new HostBudget({ limits: () => this.#limitsNow(host) });
    this.#budgets.set(host, budget);
    return budget;
  }

  /** The connections that the host is given: as many as its most generous hours allow; undefined where nobody says. */
  connectionsOf(host: string): number | undefined {
    const { limits, windows } = this.#ruleOf(host);
    const inWindows = windows.flatMap((window) => window.limits.concurrency ?? []);
    if (inWindows.length === 0) return limits.concurrency ?? this.#options.concurrency;
    return Math.max(this.#usual(host), ...inWindows);
  }

  #limitsNow(host: string): HostLimits {
    const { bytesPerSecond, clock = () => new Date() } = this.#options;
    const rule = this.#ruleOf(host);
    const now = limitsAt(rule, clock());
    const isWindowed = rule.windows.some(({ limits }) => limits.concurrency !== undefined);
    const concurrency = isWindowed ? (now.concurrency ?? this.#usual(host)) : undefined;
    return { ...now, concurrency, bytesPerSecond: bytesPerSecond ?? now.bytesPerSecond };
  }

  /** Requests in flight outside of all windows. */
  #usual(host: string): number {
    return this.#ruleOf(host).limits.concurrency ?? this.#options.concurrency ?? CONNECTIONS;
  }

  #ruleOf(host: string): Pick<HostRules, "limits" | "windows"> {
    return this.#options.rules.get(host) ?? { limits: {}, windows: [] };
  }
}
