import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPeer } from "../peers/run-peer.ts";

/** A repository that a peer has to mirror. */
export interface PeerMirror {
  /** `team/app` */
  readonly from: string;
  readonly tags: readonly string[];
}

export interface PeerMirrors {
  /** `127.0.0.1:PORT` */
  readonly source: string;
  readonly target: string;
  /** What the names of the target's repositories begin with; the rest is the last part of the source's. */
  readonly prefix: string;
  readonly mirrors: readonly PeerMirror[];
}

/** Mirrors with regsync, referrers and cosign's tags too. Docs: regclient, "regsync configuration". */
export async function mirrorWithRegsync(path: string, { source, target, prefix, mirrors }: PeerMirrors): Promise<void> {
  const sync = mirrors.map(({ from, tags }) => ({
    source: `${source}/${from}`,
    target: `${target}/${prefix}/${lastPart(from)}`,
    type: "repository",
    // Regular expressions for the whole tag.
    tags: { allow: tags.map((tag) => tag.replaceAll(".", "\\.")) },
    referrers: true,
    digestTags: true,
  }));
  const creds = [source, target].map((registry) => ({ registry, tls: "disabled", reqConcurrent: 8 }));
  await runIn("regsync.yml", { version: 1, creds, defaults: { parallel: 8 }, sync }, (file, env) =>
    runPeer(path, ["once", "-c", file, "-v", "warn"], { env }),
  );
}

/** Mirrors with `skopeo sync`. Only with `--all` does it copy lists: else the image of the machine's platform out of each, which has another digest. */
export async function mirrorWithSkopeo(path: string, { source, target, prefix, mirrors }: PeerMirrors): Promise<void> {
  const images = Object.fromEntries(mirrors.map(({ from, tags }) => [from, tags]));
  await runIn("skopeo.yml", { [source]: { "tls-verify": false, images } }, (file, env) => {
    const ends = ["--src", "yaml", "--dest", "docker", "--dest-tls-verify=false"];
    const args = ["--insecure-policy", "sync", "--all", ...ends, file, `${target}/${prefix}`];
    return runPeer(path, args, { env });
  });
}

async function runIn(
  name: string,
  document: object,
  run: (file: string, env: Readonly<Record<string, string>>) => Promise<unknown>,
): Promise<void> {
  await using home = await mkdtempDisposable(join(tmpdir(), "tranship-peer-mirrors-"));
  const file = join(home.path, name);
  // JSON is YAML.
  await writeFile(file, JSON.stringify(document));
  await run(file, { HOME: home.path, DOCKER_CONFIG: home.path, XDG_RUNTIME_DIR: home.path });
}

function lastPart(repository: string): string {
  return repository.slice(repository.lastIndexOf("/") + 1);
}
