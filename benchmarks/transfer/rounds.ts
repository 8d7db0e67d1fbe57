import type { Ends, Field } from "./field.ts";
import type { Measured } from "./measure.ts";
import type { ContenderOutcome, ScenarioOutcome } from "./outcome.ts";
import { startCountingProxy } from "./proxy/counting-proxy.ts";
import type { Scenario } from "./scenario.ts";
import type { InstalledTool } from "./tools/installed.ts";
import type { Contender } from "./tools/tool.ts";

export interface RoundsOptions {
  readonly tools: readonly InstalledTool[];
  /** Timed runs of each contender. */
  readonly runs: number;
  /** Runs also those that the scenario calls slow. */
  readonly slowToo: boolean;
  readonly say: (line: string) => void;
}

/**
 * Runs a scenario: first each contender once through proxies that count, then all of them in turn, A B A B, straight at the registries: counting
 * would cost. Where latency is added, the timed runs go through the proxies too. A contender that fails is left out from then on.
 */
export async function playRounds(scenario: Scenario, field: Field, options: RoundsOptions): Promise<ScenarioOutcome> {
  const entries = options.tools.flatMap((tool) =>
    tool.contenders
      .filter(({ scopes }) => scopes.includes(scenario.corpus.scope))
      .filter(() => options.slowToo || !scenario.slow.includes(tool.name))
      .map((contender) => new Entry(tool, contender)),
  );
  const title = titleOf(scenario, field);
  options.say(`${scenario.name}: ${title}`);
  if (scenario.again) await field.fill();
  if (!scenario.tls) await countOnce(scenario, field, entries, options);
  if (scenario.addedMs === 0) await timeInTurn(scenario, field, entries, options);
  return { name: scenario.name, title, contenders: entries.map((entry) => entry.outcome()), failure: undefined };
}

class Entry {
  readonly tool: InstalledTool;
  readonly contender: Contender;
  readonly runs: Measured[] = [];
  traffic: ContenderOutcome["traffic"];
  failure: string | undefined;

  constructor(tool: InstalledTool, contender: Contender) {
    this.tool = tool;
    this.contender = contender;
  }

  outcome(): ContenderOutcome {
    const { tool, settings } = this.contender;
    const { runs, traffic, failure } = this;
    return { tool, settings, version: this.tool.version, runs, traffic, failure };
  }
}

async function countOnce(
  scenario: Scenario,
  field: Field,
  entries: readonly Entry[],
  options: RoundsOptions,
): Promise<void> {
  const { addedMs } = scenario;
  const { source, target } = field.registries;
  await using fromProxy = await startCountingProxy({ upstream: source.plain, addedMs });
  await using toProxy = await startCountingProxy({ upstream: target.plain, addedMs });
  const ends: Ends = { source: fromProxy.host, target: toProxy.host, tls: false };
  const rounds = addedMs === 0 ? 1 : options.runs;
  for (let round = 1; round <= rounds; round += 1) {
    for (const entry of entries) {
      await attempt(entry, scenario, field, ends, (measured) => {
        entry.traffic = { source: fromProxy.take(), target: toProxy.take() };
        if (addedMs > 0) entry.runs.push(measured);
        options.say(
          `  ${labelOf(entry)}: ${entry.traffic.source.total} + ${entry.traffic.target.total} requests, ${shown(measured)}`,
        );
      });
      fromProxy.take();
      toProxy.take();
    }
  }
}

async function timeInTurn(
  scenario: Scenario,
  field: Field,
  entries: readonly Entry[],
  options: RoundsOptions,
): Promise<void> {
  const side = scenario.tls ? "tls" : "plain";
  const { [side]: source } = field.registries.source;
  const { [side]: target } = field.registries.target;
  if (source === undefined || target === undefined) throw new Error("Cannot run it over TLS: openssl is not there");
  for (let round = 1; round <= options.runs; round += 1) {
    for (const entry of entries) {
      await attempt(entry, scenario, field, { source, target, tls: scenario.tls }, (measured) => {
        entry.runs.push(measured);
        options.say(`  ${labelOf(entry)}: ${shown(measured)}`);
      });
    }
  }
}

async function attempt(
  entry: Entry,
  scenario: Scenario,
  field: Field,
  ends: Ends,
  done: (measured: Measured) => void,
): Promise<void> {
  if (entry.failure !== undefined) return;
  try {
    if (!scenario.again) await field.empty();
    done(await field.run(entry.contender, entry.tool, ends));
  } catch (error) {
    entry.failure = error instanceof Error ? error.message : String(error);
  }
}

function titleOf({ corpus, tls, addedMs, again }: Scenario, field: Field): string {
  const wire = tls ? "TLS" : "plain HTTP";
  const latency = addedMs === 0 ? "" : `, ${addedMs} ms added to each request`;
  return `${corpus.title}, ${again ? "nothing to do" : "fresh"}; ${field.registries.kind} at both ends, ${wire}${latency}`;
}

function labelOf({ contender }: Entry): string {
  return `${contender.tool} (${contender.settings})`;
}

function shown({ wallSeconds, cpuSeconds, peakBytes }: Measured): string {
  return `${cpuSeconds.toFixed(2)} s CPU, ${wallSeconds.toFixed(2)} s, ${(peakBytes / 1024 / 1024).toFixed(0)} MiB`;
}
