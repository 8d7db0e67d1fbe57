import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findPeer, howToInstall } from "../../test/peers/find-peer.ts";
import { runPeer } from "../../test/peers/run-peer.ts";
import { COMMAND } from "../transfer/tools/tranship.ts";

/** Repositories that go from one host to others, every tag, under the same names. */
export interface MirrorJob {
  /** `127.0.0.1:PORT` */
  readonly source: string;
  readonly targets: readonly string[];
  /** `team/app` */
  readonly repositories: readonly string[];
  /** An empty folder. */
  readonly home: string;
}

/** A tool that keeps repositories in step, with its best documented settings. */
export interface MirrorTool {
  readonly name: string;
  run(job: MirrorJob): Promise<void>;
}

/** Ours, and of regsync and skopeo those that are there; what is not is said. */
export function mirrorTools(): readonly MirrorTool[] {
  const [regsync, skopeo] = [findPeer("regsync"), findPeer("skopeo")];
  if (regsync === undefined) console.log(`regsync is not here: ${howToInstall("regsync")}`);
  if (skopeo === undefined) console.log(`skopeo is not here: ${howToInstall("skopeo")}`);
  return [
    { name: "tranship sync", run: tranship },
    ...(regsync === undefined ? [] : [{ name: "regsync", run: (job: MirrorJob) => runRegsync(regsync, job) }]),
    ...(skopeo === undefined ? [] : [{ name: "skopeo sync --all", run: (job: MirrorJob) => runSkopeo(skopeo, job) }]),
  ];
}

async function tranship({ source, targets, repositories, home }: MirrorJob): Promise<void> {
  const mirrors = repositories.map((name) => ({
    from: `${source}/${name}`,
    to: targets.map((target) => `${target}/${name}`),
  }));
  const file = await write(home, "mirror.yaml", { version: 1, mirrors });
  await runPeer(process.execPath, [COMMAND, "sync", "-f", file, "--quiet"], { env: homes(home) });
}

async function runRegsync(path: string, { source, targets, repositories, home }: MirrorJob): Promise<void> {
  const sync = repositories.flatMap((name) =>
    targets.map((target) => ({ source: `${source}/${name}`, target: `${target}/${name}`, type: "repository" })),
  );
  const creds = [source, ...targets].map((registry) => ({ registry, tls: "disabled", reqConcurrent: 16 }));
  const file = await write(home, "regsync.yml", { version: 1, creds, defaults: { parallel: 16 }, sync });
  await runPeer(path, ["once", "-c", file, "-v", "warn"], { env: homes(home) });
}

/** It knows one target: it is run for each. */
async function runSkopeo(path: string, { source, targets, repositories, home }: MirrorJob): Promise<void> {
  const images = Object.fromEntries(repositories.map((name) => [name, []]));
  const file = await write(home, "skopeo.yml", { [source]: { "tls-verify": false, images } });
  for (const target of targets) {
    const ends = ["--src", "yaml", "--dest", "docker", "--dest-tls-verify=false"];
    await runPeer(path, ["--insecure-policy", "sync", "--all", ...ends, file, `${target}/team`], { env: homes(home) });
  }
}

async function write(home: string, name: string, document: object): Promise<string> {
  const file = join(home, name);
  // JSON is YAML.
  await writeFile(file, JSON.stringify(document));
  return file;
}

function homes(home: string): Readonly<Record<string, string>> {
  return { HOME: home, DOCKER_CONFIG: home, XDG_STATE_HOME: home, XDG_RUNTIME_DIR: home, XDG_CONFIG_HOME: home };
}
