import { join } from "node:path";
import type { SampleClient } from "../run-sample.ts";

/** PyPI `azure-containerregistry` with `azure-identity`. @param python the interpreter of an environment that has them. */
export function azurePython(python: string): SampleClient {
  return {
    name: "azure-containerregistry",
    // -B: no bytecode is written beside the samples.
    command: (sample) => [python, "-B", join(import.meta.dirname, `${sample}.py`)],
  };
}
