import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contender, type Tool, trusting } from "./tool.ts";

/** `reqConcurrent` is the number of requests at once to a host; by default 3. */
export const regctl: Tool = {
  name: "regctl",
  peer: "regctl",
  version: ["version", "--format", "{{.VCSTag}}"],
  contenders: [contender("defaults", {}), contender("reqConcurrent 16", { reqConcurrent: 16 })],
};

function contender(settings: string, more: object): Contender {
  return {
    tool: "regctl",
    settings,
    scopes: ["image"],
    async invocation(job) {
      const { source, target, repository, tag, tls, home } = job;
      const file = join(home, "regctl.json");
      const host = { tls: tls ? "enabled" : "disabled", ...more };
      await writeFile(file, JSON.stringify({ hosts: { [source]: host, [target]: host } }));
      return {
        args: ["image", "copy", `${source}/${repository}:${tag}`, `${target}/${repository}:${tag}`],
        env: { ...trusting(job), REGCTL_CONFIG: file },
      };
    },
  };
}
