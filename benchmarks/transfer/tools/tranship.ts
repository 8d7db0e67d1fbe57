import { fileURLToPath } from "node:url";
import type { Job, Tool } from "./tool.ts";

/** The command as users run it: the built bundle behind `bin/`. */
export const COMMAND: string = fileURLToPath(new URL("../../../packages/cli-worker/bin/tranship.cjs", import.meta.url));

/** Ours. It has no settings to make it faster: the goals are for what it does by itself. */
export const tranship: Tool = {
  name: "tranship",
  peer: undefined,
  version: [COMMAND, "--version"],
  contenders: [
    {
      tool: "tranship",
      settings: "defaults",
      scopes: ["image", "repository"],
      invocation: (job) => ({
        args: [COMMAND, "copy", "--quiet", ...slotsOf(job), ...whatOf(job), ...trustOf(job)],
      }),
    },
  ],
};

function whatOf({ scope, source, target, repository, tag }: Job): readonly string[] {
  if (scope === "repository") return ["--all-tags", `${source}/${repository}`, `${target}/${repository}`];
  return [`${source}/${repository}:${tag}`, `${target}/${repository}:${tag}`];
}

function slotsOf({ atOnce }: Job): readonly string[] {
  return atOnce === undefined ? [] : ["--blobs", String(atOnce)];
}

function trustOf({ tls, authority }: Job): readonly string[] {
  return tls && authority !== undefined ? ["--ca", authority] : [];
}
