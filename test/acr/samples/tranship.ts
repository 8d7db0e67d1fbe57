import { join } from "node:path";
import { WORKSPACE } from "../../project/packages.ts";
import type { SampleClient } from "./run-sample.ts";

/** `@tranship/core` with `@azure/identity`: the programs in `examples/`. */
export const TRANSHIP: SampleClient = {
  name: "@tranship/core",
  command: (sample) => [process.execPath, join(WORKSPACE, "examples", `${sample}.ts`)],
};
