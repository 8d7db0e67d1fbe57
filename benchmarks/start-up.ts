import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { median, printTable } from "./table.ts";

const RUNS = 21;
const COMMAND = join(import.meta.dirname, "../packages/cli-worker/bin/tranship.cjs");

/** What `tranship --version` and `--help` take against an empty Node, run in turn. */
export function startUp(): void {
  const ways = {
    "node -e 0": ["-e", "0"],
    "tranship --version": [COMMAND, "--version"],
    "tranship --help": [COMMAND, "--help"],
  };
  const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let run = 0; run <= RUNS; run += 1) {
    for (const [name, args] of Object.entries(ways)) {
      const start = performance.now();
      const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
      if (status !== 0) throw new Error(`"${name}" ended with ${status}`);
      // The first round warms the disk's cache.
      if (run > 0) times.get(name)?.push(performance.now() - start);
    }
  }
  const base = median(times.get("node -e 0") ?? []);
  printTable(
    `Start-up, median of ${RUNS} runs in turn, Node ${process.versions.node}`,
    [...times].map(([name, taken]) => [
      name,
      `${median(taken).toFixed(0)} ms`,
      `${(median(taken) / base).toFixed(2)} ×`,
    ]),
  );
}
