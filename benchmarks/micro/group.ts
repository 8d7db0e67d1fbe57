import Benchmark from "benchmark";
import { printTable } from "../table.ts";

/** Ways to do one thing, or things of one kind. */
export interface Group {
  /** One word, by which it is asked for. */
  readonly name: string;
  readonly title: string;
  readonly cases: Readonly<Record<string, Case>>;
}

export interface Case {
  readonly run: () => unknown;
  /** What one run goes through, for a rate. */
  readonly bytes?: number;
}

/** Runs the cases one after the other, each for so many seconds, and prints a table: how long one run takes, how far the samples differ, and bytes per second. */
export function runGroup({ title, cases }: Group, seconds: number): void {
  const rows: string[][] = [["", "one run", "±", "rate"]];
  const suite = new Benchmark.Suite();
  for (const [name, { run, bytes }] of Object.entries(cases)) {
    // What is broken says so here; measured, it would only be fast.
    run();
    suite.add(name, {
      fn: run,
      maxTime: seconds,
      onComplete: ({ target }: Benchmark.Event) => {
        const { mean = Number.NaN, rme = Number.NaN } = target.stats ?? {};
        const rate = bytes === undefined ? "" : `${(bytes / mean / 1e9).toFixed(2)} GB/s`;
        rows.push([name, shown(mean), `${rme.toFixed(1)} %`, rate]);
      },
    });
  }
  suite.run();
  printTable(title, rows);
}

function shown(seconds: number): string {
  if (seconds < 1e-6) return `${(seconds * 1e9).toFixed(0)} ns`;
  if (seconds < 1e-3) return `${(seconds * 1e6).toFixed(2)} µs`;
  return `${(seconds * 1e3).toFixed(2)} ms`;
}
