import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contender, type Tool, trusting } from "./tool.ts";

/** `parallel` is the number of images at once, by default 1; `reqConcurrent` that of requests to a host, by default 3. */
export const regsync: Tool = {
  name: "regsync",
  peer: "regsync",
  version: ["version", "--format", "{{.VCSTag}}"],
  contenders: [
    contender("defaults", {}, {}),
    contender("parallel 16, reqConcurrent 16", { parallel: 16 }, { reqConcurrent: 16 }),
  ],
};

function contender(settings: string, defaults: object, host: object): Contender {
  return {
    tool: "regsync",
    settings,
    scopes: ["repository"],
    async invocation(job) {
      const { source, target, repository, tls, home } = job;
      const file = join(home, "regsync.yml");
      const creds = [source, target].map((registry) => ({ registry, tls: tls ? "enabled" : "disabled", ...host }));
      const sync = [{ source: `${source}/${repository}`, target: `${target}/${repository}`, type: "repository" }];
      // JSON is YAML.
      await writeFile(file, JSON.stringify({ version: 1, creds, defaults, sync }));
      return { args: ["once", "-c", file, "-v", "warn"], env: trusting(job) };
    },
  };
}
