import { type ContenderOutcome, medians, type ScenarioOutcome } from "./outcome.ts";
import type { ToolName } from "./tools/tool.ts";

type Measure = "cpuSeconds" | "wallSeconds";

/** At most this many times what a peer takes, or an absolute most. */
type Goal = { readonly scenario: string } & (
  | { readonly measure: Measure; readonly times: number; readonly of: "the best peer that hashes" | ToolName }
  | { readonly measure: Measure | "requests" | "peakMiB"; readonly most: number }
);

const HASHING = "the best peer that hashes";

/** What the engine is held to. Each peer counts with its better settings. */
const GOALS: readonly Goal[] = [
  { scenario: "blob/plain", measure: "cpuSeconds", times: 0.85, of: "crane" },
  { scenario: "blobs/plain", measure: "cpuSeconds", times: 0.85, of: "crane" },
  { scenario: "blob/tls", measure: "cpuSeconds", times: 0.6, of: "crane" },
  { scenario: "blobs/tls", measure: "cpuSeconds", times: 0.6, of: "crane" },
  ...["blob/plain", "blobs/plain", "blob/tls", "blobs/tls"].map(
    (scenario): Goal => ({ scenario, measure: "wallSeconds", times: 1, of: HASHING }),
  ),
  ...["blob/plain", "blob/tls"].map((scenario): Goal => ({ scenario, measure: "peakMiB", most: 120 })),
  ...["blobs/plain", "blobs/tls", "sixteen/plain", "sixteen/tls"].map(
    (scenario): Goal => ({ scenario, measure: "peakMiB", most: 150 }),
  ),
  { scenario: "tags/fresh", measure: "requests", most: 13_300 },
  { scenario: "tags/fresh", measure: "wallSeconds", times: 1, of: HASHING },
  { scenario: "tags/fresh", measure: "cpuSeconds", times: 1.5, of: HASHING },
  { scenario: "tags/again", measure: "requests", most: 602 },
  { scenario: "tags/again", measure: "cpuSeconds", most: 0.6 },
  { scenario: "tags/again", measure: "cpuSeconds", times: 6, of: "crane" },
  { scenario: "tags/again/40ms", measure: "wallSeconds", times: 0.12, of: "crane" },
];

export interface GoalOutcome {
  readonly scenario: string;
  /** `CPU ≤ 0.85 × crane` */
  readonly goal: string;
  readonly met: boolean;
  /** `1.02 of 1.34 s: 0.76 ×` */
  readonly measured: string;
}

/** The goals of a scenario that can be judged by what ran. */
export function judge(outcome: ScenarioOutcome): readonly GoalOutcome[] {
  return GOALS.filter((goal) => goal.scenario === outcome.name).flatMap((goal) => judged(goal, outcome) ?? []);
}

function judged(goal: Goal, { contenders }: ScenarioOutcome): GoalOutcome | undefined {
  const ours = contenders.find(({ tool }) => tool === "tranship");
  const own = ours === undefined ? Number.NaN : taken(ours, goal.measure);
  if (Number.isNaN(own)) return undefined;
  const { scenario } = goal;
  if ("most" in goal) {
    const unit = goal.measure === "peakMiB" ? " MiB" : goal.measure === "requests" ? "" : " s";
    const goalText = `${nameOf(goal.measure)} ≤ ${goal.most}${unit}`;
    return { scenario, goal: goalText, met: own <= goal.most, measured: `${rounded(own)}${unit}` };
  }
  const peers = contenders.filter(({ tool }) =>
    goal.of === HASHING ? tool !== "tranship" && tool !== "oras" : tool === goal.of,
  );
  const best = Math.min(...peers.map((peer) => taken(peer, goal.measure)).filter((value) => !Number.isNaN(value)));
  if (!Number.isFinite(best)) return undefined;
  return {
    scenario,
    goal: `${nameOf(goal.measure)} ≤ ${goal.times} × ${goal.of}`,
    met: own <= goal.times * best,
    measured: `${rounded(own)} of ${rounded(best)} s: ${(own / best).toFixed(2)} ×`,
  };
}

function taken(outcome: ContenderOutcome, measure: Measure | "requests" | "peakMiB"): number {
  if (measure === "requests") {
    return outcome.traffic === undefined ? Number.NaN : outcome.traffic.source.total + outcome.traffic.target.total;
  }
  if (measure === "peakMiB") return Math.max(...outcome.runs.map(({ peakBytes }) => peakBytes)) / 1024 / 1024;
  return medians(outcome)[measure];
}

function nameOf(measure: Measure | "requests" | "peakMiB"): string {
  return { cpuSeconds: "CPU", wallSeconds: "wall", requests: "requests", peakMiB: "peak" }[measure];
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
