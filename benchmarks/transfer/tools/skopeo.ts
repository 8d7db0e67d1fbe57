import { dirname } from "node:path";
import { type Job, type Tool, trusting } from "./tool.ts";

/** It copies 6 blobs at once, which Debian's 1.9 lets nobody change. */
export const skopeo: Tool = {
  name: "skopeo",
  peer: "skopeo",
  version: ["--version"],
  contenders: [
    {
      tool: "skopeo",
      settings: "defaults",
      scopes: ["image", "repository"],
      invocation: (job) => ({ args: ["--insecure-policy", ...whatOf(job)], env: trusting(job) }),
    },
  ],
};

function whatOf({ scope, source, target, repository, tag, tls }: Job): readonly string[] {
  const verify = [`--src-tls-verify=${tls}`, `--dest-tls-verify=${tls}`];
  if (scope === "image") {
    const names = [`docker://${source}/${repository}:${tag}`, `docker://${target}/${repository}:${tag}`];
    return ["copy", "--all", "--quiet", ...verify, ...names];
  }
  // The last part of the repository's name is its own.
  const names = [`${source}/${repository}`, `${target}/${dirname(repository)}`];
  return ["sync", "--all", "--src", "docker", "--dest", "docker", ...verify, ...names];
}
