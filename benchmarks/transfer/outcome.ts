import type { Measured } from "./measure.ts";
import type { Traffic } from "./proxy/traffic.ts";
import type { ToolName } from "./tools/tool.ts";

/** How one tool with one choice of settings did in a scenario. */
export interface ContenderOutcome {
  readonly tool: ToolName;
  readonly settings: string;
  readonly version: string;
  /** One for each run, in order. */
  readonly runs: readonly Measured[];
  /** Of one run, counted by a proxy; undefined over TLS, where requests are the same. */
  readonly traffic: { readonly source: Traffic; readonly target: Traffic } | undefined;
  /** Why it has fewer runs than the others. */
  readonly failure: string | undefined;
}

export interface ScenarioOutcome {
  readonly name: string;
  readonly title: string;
  readonly contenders: readonly ContenderOutcome[];
  /** Why there are none: the corpus could not be made. */
  readonly failure: string | undefined;
}

/** All that is written as JSON. */
export interface Report {
  readonly date: string;
  /** Cores, model and memory; nothing that names the machine. */
  readonly machine: string;
  readonly node: string;
  readonly registries: string;
  readonly scenarios: readonly ScenarioOutcome[];
}

/** The medians of a contender's runs; of an even number the lower of the two. */
export function medians({ runs }: ContenderOutcome): Measured {
  return {
    wallSeconds: median(runs.map((run) => run.wallSeconds)),
    cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
    peakBytes: median(runs.map((run) => run.peakBytes)),
  };
}

/** The middle one; of an even number the lower of the two; NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
