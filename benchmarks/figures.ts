import { endOnSignal } from "./end-on-signal.ts";
import { lines } from "./lines.ts";
import { startUp } from "./start-up.ts";
import { unchangedTags } from "./unchanged-tags.ts";

/** Prints figures that `pnpm bench` does not measure: all, or those that are named. */
const FIGURES: Readonly<Record<string, () => void | Promise<void>>> = {
  unchanged: unchangedTags,
  "start-up": startUp,
  lines,
};

endOnSignal();
const named = process.argv.slice(2);
const unknown = named.filter((name) => !Object.hasOwn(FIGURES, name));
if (unknown.length > 0) {
  console.error(`Unknown figure "${unknown[0]}": there are ${Object.keys(FIGURES).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const [name, figure] of Object.entries(FIGURES)) {
    if (named.length === 0 || named.includes(name)) await figure();
  }
}
