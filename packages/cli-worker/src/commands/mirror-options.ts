import type { Command } from "commander";
import { bytesPerSecond, LIMIT_RATE, wholeNumber } from "../options.ts";

/** Adds the options of the commands that carry out plans: `RunFlags`. */
export function addRunOptions(command: Command): Command {
  return command
    .option("--fail-fast", "end at the first failure (default: do the rest, and say at the end what failed)")
    .option("--jobs <N>", "images in flight (default: 16)", wholeNumber(1, 1000))
    .option("--blobs <N>", "blobs in flight (default: 8)", wholeNumber(1, 1000))
    .option("--concurrency <N>", "requests in flight (default: 32)", wholeNumber(1, 1000))
    .option("--limit-rate <SIZE>", LIMIT_RATE, bytesPerSecond)
    .option("--json", "print events and the result as JSON lines")
    .option("-q, --quiet", "print errors only");
}
