import { availableParallelism, cpus, totalmem } from "node:os";
import { endOnSignal } from "../end-on-signal.ts";
import { Field } from "./field.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import type { Report, ScenarioOutcome } from "./outcome.ts";
import { type Registries, startRegistries } from "./registries.ts";
import { printOutcome } from "./report/outcome-table.ts";
import { writeReport } from "./report/write-report.ts";
import { playRounds, type RoundsOptions } from "./rounds.ts";
import { type Scenario, scenarios } from "./scenario.ts";
import { installedTools } from "./tools/installed.ts";

/** Measures tranship against the tools that people use today; see docs/performance.md. */
async function bench(options: BenchOptions): Promise<void> {
  const wanted = chosen(scenarios(options), options.only);
  if (wanted.length === 0) throw new TypeError(`No scenario is called "${options.only.join(",")}"`);
  const { installed, absent } = await installedTools(options.tools);
  for (const line of absent) console.log(line);
  await using registries = await startRegistries(options.data, options.distribution);
  const rounds: RoundsOptions = {
    tools: installed,
    runs: options.runs,
    slowToo: options.named,
    say: (line) => console.error(line),
  };
  const outcomes: ScenarioOutcome[] = [];
  const report = (): Report => ({
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    node: process.versions.node,
    registries: registries.kind,
    scenarios: outcomes,
  });
  for (const [, group] of Map.groupBy(wanted, ({ corpus }) => corpus)) {
    for (const outcome of await playGroup(group, registries, rounds)) {
      outcomes.push(outcome);
      if (hasFailed(outcome)) process.exitCode = 1;
      printOutcome(outcome, { judged: !options.quick });
    }
    // After each corpus: what was measured stays, whatever happens next.
    const files = await writeReport(report(), options.out);
    console.error(`written: ${files.join(" ")}`);
  }
}

/** Whether nothing was measured, or not of tranship: a peer that fails is told in the table. */
function hasFailed({ failure, contenders }: ScenarioOutcome): boolean {
  return failure !== undefined || contenders.some((one) => one.tool === "tranship" && one.failure !== undefined);
}

/** The scenarios of one corpus. Where it can't be made, or a scenario fails, that is said and the others go on. */
async function playGroup(
  group: readonly Scenario[],
  registries: Registries,
  rounds: RoundsOptions,
): Promise<readonly ScenarioOutcome[]> {
  const outcomes: ScenarioOutcome[] = [];
  const failed = ({ name, corpus }: Scenario, error: unknown): ScenarioOutcome => {
    const failure = error instanceof Error ? error.message : String(error);
    return { name, title: corpus.title, contenders: [], failure };
  };
  const [first] = group;
  if (first === undefined) return [];
  rounds.say(`making ${first.corpus.title}`);
  try {
    await using field = await Field.prepare(registries, first.corpus);
    for (const scenario of group) {
      outcomes.push(await playRounds(scenario, field, rounds).catch((error: unknown) => failed(scenario, error)));
    }
  } catch (error) {
    return group.map((scenario) => failed(scenario, error));
  } finally {
    await Promise.all([registries.source.empty(), registries.target.empty()]);
  }
  return outcomes;
}

/** By their names: `tags/again` is that one. By the beginnings of names, in whole parts: `tags` is all of them, and `blob` is not `blobs`. */
function chosen(all: readonly Scenario[], only: readonly string[]): readonly Scenario[] {
  if (only.length === 0) return all;
  const names = new Set(all.map(({ name }) => name));
  return all.filter(({ name }) =>
    only.some((wanted) => (names.has(wanted) ? name === wanted : name.startsWith(`${wanted}/`))),
  );
}

function machine(): string {
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${memory} GiB, ${process.platform} ${process.arch}`;
}

endOnSignal();
const args = process.argv.slice(2);
try {
  if (args.includes("--help")) console.log(USAGE);
  else await bench(readOptions(args));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
