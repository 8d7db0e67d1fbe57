import { type Contender, type Job, type Tool, trusting } from "./tool.ts";

/** `-j` is the number of copies at once, of blobs for one image; by default the number of cores. */
export const crane: Tool = {
  name: "crane",
  peer: "crane",
  version: ["version"],
  contenders: [contender("defaults", []), contender("-j 16", ["-j", "16"])],
};

function contender(settings: string, flags: readonly string[]): Contender {
  return {
    tool: "crane",
    settings,
    scopes: ["image", "repository"],
    invocation: (job) => ({ args: ["copy", ...flags, ...whatOf(job)], env: trusting(job) }),
  };
}

function whatOf({ scope, source, target, repository, tag }: Job): readonly string[] {
  if (scope === "repository") return ["--all-tags", `${source}/${repository}`, `${target}/${repository}`];
  return [`${source}/${repository}:${tag}`, `${target}/${repository}:${tag}`];
}
