import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { endOnSignal } from "../end-on-signal.ts";
import { printTable } from "../table.ts";
import type { Figure } from "./figure.ts";
import { manyTags } from "./many-tags.ts";
import { planRequests } from "./plan-requests.ts";
import { sharedLayers } from "./shared-layers.ts";
import { threeTargets } from "./three-targets.ts";

/** What mirrors cost: prints a table a figure, and writes all as JSON. */
const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    only: { type: "string" },
    tags: { type: "string", default: "300,10000" },
    out: { type: "string", default: "benchmarks/results" },
  },
});
const counts = values.tags.split(",").map(Number);
const FIGURES: Readonly<Record<string, () => Promise<Figure>>> = {
  "shared-layers": sharedLayers,
  "three-targets": threeTargets,
  plan: () => planRequests(300),
  "many-tags": () => manyTags(counts),
};
const named = values.only?.split(",") ?? Object.keys(FIGURES);
const unknown = named.find((name) => !Object.hasOwn(FIGURES, name));
if (unknown !== undefined || counts.some((count) => !Number.isSafeInteger(count) || count < 1)) {
  const problem = unknown === undefined ? `Bad --tags "${values.tags}": expected N,N,…` : `Unknown figure "${unknown}"`;
  console.error(`${problem}; --only takes ${Object.keys(FIGURES).join(", ")}`);
  process.exit(2);
}

endOnSignal();
const figures: Figure[] = [];
for (const name of named) {
  const figure = await FIGURES[name]?.();
  if (figure === undefined) continue;
  figures.push(figure);
  printTable(figure.title, [figure.columns, ...figure.rows]);
}
await mkdir(values.out, { recursive: true });
await writeFile(join(values.out, "sync.json"), `${JSON.stringify(figures, undefined, 2)}\n`);
