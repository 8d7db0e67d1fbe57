import process from "node:process";
import { oneLine } from "./one-line.ts";

/** Writes a line to stderr about what doesn't end the command. */
export function printWarning(warning: string): void {
  process.stderr.write(`tranship: warning: ${oneLine(warning)}\n`);
}
