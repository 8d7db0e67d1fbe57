import type { Command } from "commander";
import { addStateOptions, addTrafficOptions, wholeNumber } from "../options.ts";

/** Adds the options of the commands that carry out plans: `RunFlags`. */
export function addRunOptions(command: Command): Command {
  command
    .option("--fail-fast", "end at the first failure (default: do the rest, and say at the end what failed)")
    .option("--jobs <N>", "images in flight (default: 16)", wholeNumber(1, 1000))
    .option("--blobs <N>", "blobs in flight (default: 8)", wholeNumber(1, 1000))
    .option("--json", "print events and the result as JSON lines")
    .option("-q, --quiet", "print errors only");
  return addStateOptions(addTrafficOptions(command));
}
