import { printTable } from "../../table.ts";
import { judge } from "../goals.ts";
import { type ContenderOutcome, medians, type ScenarioOutcome } from "../outcome.ts";

const MIB = 1024 * 1024;
const HEAD = ["", "CPU s", "wall s", "peak MiB", "requests", "MiB in + out", "CPU ×", "wall ×"];

/** Prints a scenario: medians, counts, and how many times each peer's time ours is; with `judged` also which goals are met, which are for the full size. */
export function printOutcome(outcome: ScenarioOutcome, { judged }: { readonly judged: boolean }): void {
  const { name, title, contenders, failure } = outcome;
  if (failure !== undefined) {
    console.log(`\n${name}: ${title}\n  not run: ${failure}`);
    return;
  }
  const runs = Math.max(0, ...contenders.map((contender) => contender.runs.length));
  const ours = contenders.find(({ tool }) => tool === "tranship");
  printTable(`${name}: ${title}; medians of ${runs}`, [HEAD, ...contenders.map((contender) => rowOf(contender, ours))]);
  for (const { tool, settings, failure: reason } of contenders) {
    if (reason !== undefined) console.log(`  ${tool} (${settings}) failed: ${firstLine(reason)}`);
  }
  if (!judged) return;
  for (const { goal, met, measured } of judge(outcome))
    console.log(`  ${met ? "met    " : "NOT met"} ${goal} (${measured})`);
}

function rowOf(contender: ContenderOutcome, ours: ContenderOutcome | undefined): readonly string[] {
  const { cpuSeconds, wallSeconds, peakBytes } = medians(contender);
  const { traffic } = contender;
  const label = `${contender.tool} ${contender.version} (${contender.settings})`;
  const requests = traffic === undefined ? "" : `${traffic.source.total} + ${traffic.target.total}`;
  const bytes = traffic === undefined ? "" : `${mib(traffic.source.received)} + ${mib(traffic.target.sent)}`;
  const own = ours === undefined || ours === contender ? undefined : medians(ours);
  const times = (measure: "cpuSeconds" | "wallSeconds", theirs: number): string =>
    own === undefined ? "" : (own[measure] / theirs).toFixed(2);
  return [
    label,
    cpuSeconds.toFixed(2),
    wallSeconds.toFixed(2),
    (peakBytes / MIB).toFixed(0),
    requests,
    bytes,
    times("cpuSeconds", cpuSeconds),
    times("wallSeconds", wallSeconds),
  ];
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
