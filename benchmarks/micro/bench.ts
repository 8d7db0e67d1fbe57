import { parseArgs } from "node:util";
import { runGroup } from "./group.ts";
import { challenges } from "./groups/challenges.ts";
import { hashing } from "./groups/hashing.ts";
import { heads } from "./groups/heads.ts";
import { references } from "./groups/references.ts";
import { slices } from "./groups/slices.ts";

const GROUPS = [references, challenges, heads, slices, hashing];
const NAMES = GROUPS.map(({ name }) => name).join(", ");
const USAGE = `pnpm bench:micro [--seconds N] [GROUP…]

  --seconds  how long each case runs (default 1)
  GROUP      ${NAMES} (default: all)`;

/** Measures small parts on their own: all groups, or those that are named. What they cost in a whole copy is `pnpm bench`. */
function micro(args: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    allowPositionals: true,
    options: { seconds: { type: "string", default: "1" } },
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new TypeError(`Bad --seconds "${values.seconds}": expected a number over 0`);
  const unknown = positionals.find((named) => !GROUPS.some(({ name }) => name === named));
  if (unknown !== undefined) throw new TypeError(`Unknown group "${unknown}": there are ${NAMES}`);
  for (const group of GROUPS) {
    if (positionals.length === 0 || positionals.includes(group.name)) runGroup(group, seconds);
  }
}

try {
  micro(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
