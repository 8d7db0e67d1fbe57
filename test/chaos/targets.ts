import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { startDistribution } from "../peers/distribution.ts";
import { findPeer } from "../peers/find-peer.ts";
import { serveFolder } from "../serve/folder-server.ts";

/** A real registry that is copied to. */
export interface ChaosTarget extends AsyncDisposable {
  readonly name: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** How many upload sessions are open, by what is on its disk. */
  openUploads(): Promise<number>;
}

/** Starts those that are there: distribution 3.1, 2.8, and `tranship serve`. */
export async function startTargets(): Promise<{
  readonly targets: readonly ChaosTarget[];
  readonly missing: readonly string[];
}> {
  const targets: ChaosTarget[] = [];
  const missing: string[] = [];
  for (const [name, peer] of [
    ["distribution 3.1", "registry"],
    ["distribution 2.8", "docker-registry"],
  ] as const) {
    const path = findPeer(peer);
    if (path === undefined) {
      missing.push(name);
      continue;
    }
    const started = await startDistribution(path);
    targets.push({
      name,
      host: started.host,
      openUploads: () => count(started.data, /_uploads\/[^/]+\/startedat$/),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    });
  }
  const folder = await serveFolder();
  targets.push({
    name: "tranship serve",
    host: new URL(folder.url).host,
    openUploads: () => count(join(folder.dir, ".tranship", "uploads"), /./, true),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  });
  return { targets, missing };
}

async function count(folder: string, name: RegExp, filesOnly = false): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => (!filesOnly || entry.isFile()) && name.test(join(entry.parentPath, entry.name)))
    .length;
}
