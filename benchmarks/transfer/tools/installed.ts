import { findPeer, howToInstall } from "../../../test/peers/find-peer.ts";
import { runPeer } from "../../../test/peers/run-peer.ts";
import { crane } from "./crane.ts";
import { oras } from "./oras.ts";
import { regctl } from "./regctl.ts";
import { regsync } from "./regsync.ts";
import { skopeo } from "./skopeo.ts";
import type { Contender, Tool, ToolName } from "./tool.ts";
import { tranship } from "./tranship.ts";

/** In the order in which they run and are shown. */
export const TOOLS: readonly Tool[] = [tranship, crane, regctl, regsync, skopeo, oras];

/** A tool that is there. */
export interface InstalledTool {
  readonly name: ToolName;
  /** What is run; ours is a script for the Node that runs the benchmark. */
  readonly program: string;
  readonly version: string;
  readonly contenders: readonly Contender[];
}

/** The tools that were asked for and are there; `absent` says why others are not. */
export async function installedTools(wanted: ReadonlySet<string>): Promise<{
  readonly installed: readonly InstalledTool[];
  readonly absent: readonly string[];
}> {
  const installed: InstalledTool[] = [];
  const absent: string[] = [];
  for (const { name, peer, version, contenders } of TOOLS.filter((tool) => wanted.has(tool.name))) {
    const program = peer === undefined ? process.execPath : findPeer(peer);
    if (program === undefined) {
      absent.push(`${name} is not here${peer === undefined ? "" : `: ${howToInstall(peer)}`}`);
      continue;
    }
    installed.push({ name, program, version: versionIn(await runPeer(program, version)), contenders });
  }
  return { installed, absent };
}

function versionIn(output: Buffer): string {
  return /v?\d+\.\d+[\w.+-]*/.exec(output.toString())?.[0] ?? output.toString().trim();
}
