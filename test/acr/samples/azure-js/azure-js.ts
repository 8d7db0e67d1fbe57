import { join } from "node:path";
import type { SampleClient } from "../run-sample.ts";

/** npm `@azure/container-registry` with `@azure/identity`. */
export const AZURE_JS: SampleClient = {
  name: "@azure/container-registry",
  command: (sample) => [process.execPath, join(import.meta.dirname, `${sample}.ts`)],
};
