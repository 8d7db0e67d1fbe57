import { type Contender, type Job, type Tool, trusting } from "./tool.ts";

/** It does not hash what it copies, and copies no repository. `--concurrency` is the number of blobs at once. */
export const oras: Tool = {
  name: "oras",
  peer: "oras",
  version: ["version"],
  contenders: [contender("defaults", []), contender("--concurrency 16", ["--concurrency", "16"])],
};

function contender(settings: string, flags: readonly string[]): Contender {
  return {
    tool: "oras",
    settings,
    scopes: ["image"],
    invocation: (job) => ({
      args: ["copy", "--no-tty", ...flags, ...transportOf(job), ...names(job)],
      env: trusting(job),
    }),
  };
}

function transportOf({ tls }: Job): readonly string[] {
  return tls ? [] : ["--from-plain-http", "--to-plain-http"];
}

function names({ source, target, repository, tag }: Job): readonly string[] {
  return [`${source}/${repository}:${tag}`, `${target}/${repository}:${tag}`];
}
