import process from "node:process";
import { oneLine } from "./one-line.ts";

const watchers = new Set<() => void>();

/** Has what is on the screen told before a warning is written, so that it can make room. Returns what ends that. */
export function beforeWarnings(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}

/** Writes a line to stderr about what doesn't end the command. */
export function printWarning(warning: string): void {
  for (const told of watchers) told();
  process.stderr.write(`tranship: warning: ${oneLine(warning)}\n`);
}
