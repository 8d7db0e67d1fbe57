import { join } from "node:path";
import { runPeer } from "../peers/run-peer.ts";
import { WORKSPACE } from "../project/packages.ts";

/** The folder of the examples. */
export const EXAMPLES: string = join(WORKSPACE, "examples");

export interface RunExampleOptions {
  readonly args?: readonly string[];
  /** Where credentials are looked for; nothing of the machine's own is. */
  readonly home: string;
  /** What it is told beside that. Default nothing. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Runs an example to its end as its reader does, and gives the JSON that it printed. @throws {Error} with its stderr where it fails. */
export async function runExample(name: string, { args = [], home, environment }: RunExampleOptions): Promise<unknown> {
  const env = {
    HOME: home,
    XDG_RUNTIME_DIR: home,
    XDG_CONFIG_HOME: home,
    DOCKER_CONFIG: undefined,
    REGISTRY_AUTH_FILE: undefined,
    CONTAINERREGISTRY_ENDPOINT: undefined,
    CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT: undefined,
    ...environment,
  };
  const output = await runPeer(process.execPath, [join(EXAMPLES, `${name}.ts`), ...args], { env });
  return JSON.parse(output.toString());
}
