import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Registry } from "@tranship/core";
import { sampleImage, seed } from "../test/support/sample-image.ts";
import { temporaryFolder } from "../test/support/temporary-folder.ts";
import { startRegistries } from "./registries.ts";
import { median, printTable } from "./table.ts";

const RUNS = 21;
const COMMAND = join(import.meta.dirname, "../packages/cli-worker/bin/tranship.cjs");
const EMPTY = "node -e 0";

/** What `tranship --version`, `--help` and a copy of a small image take against an empty Node, run in turn. */
export async function startUp(): Promise<void> {
  await using registries = await startRegistries();
  await using source = new Registry({ host: registries.source, plainHttp: true });
  await seed(source.repository("app"), sampleImage({ layers: 1, layerSize: 1024 }), "v1");
  const copy = (repository: string): readonly string[] => [
    COMMAND,
    "copy",
    "--quiet",
    `${registries.source}/app:v1`,
    `${registries.target}/${repository}:v1`,
  ];
  const ways: Readonly<Record<string, (run: number) => readonly string[]>> = {
    [EMPTY]: () => ["-e", "0"],
    "tranship --version": () => [COMMAND, "--version"],
    "tranship --help": () => [COMMAND, "--help"],
    "tranship copy, an image of one layer": (run) => copy(`app-${run}`),
    "the same, unchanged": () => copy("app-0"),
  };
  const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let run = 0; run <= RUNS; run += 1) {
    for (const [name, argsOf] of Object.entries(ways)) {
      const taken = await timed(name, argsOf(run));
      // The first round warms the disk's cache.
      if (run > 0) times.get(name)?.push(taken);
    }
  }
  const base = median(times.get(EMPTY) ?? []);
  printTable(
    `Start-up, median of ${RUNS} runs in turn, Node ${process.versions.node}, ${registries.kind} at both ends`,
    [...times].map(([name, taken]) => [
      name,
      `${median(taken).toFixed(0)} ms`,
      `${(median(taken) / base).toFixed(2)} ×`,
      `${(median(taken) - base).toFixed(0)} ms more`,
      `least ${Math.min(...taken).toFixed(0)} ms`,
    ]),
  );
}

/** How long Node runs with the arguments, in ms, in a home of its own. @throws {Error} where it fails. */
async function timed(name: string, args: readonly string[]): Promise<number> {
  await using home = await temporaryFolder("tranship-figures-home-");
  const env = { ...process.env, HOME: home.path, XDG_STATE_HOME: home.path, DOCKER_CONFIG: home.path };
  const start = performance.now();
  const [code] = await once(spawn(process.execPath, args, { stdio: "ignore", env }), "close");
  if (code !== 0) throw new Error(`"${name}" ended with ${code}`);
  return performance.now() - start;
}
