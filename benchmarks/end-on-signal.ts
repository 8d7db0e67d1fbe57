import { constants } from "node:os";
import process from "node:process";

/** Ctrl-C ends the process as `process.exit` does, so that the registries that it started and its folders go with it. */
export function endOnSignal(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
