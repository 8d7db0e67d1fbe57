import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { startDistribution } from "../peers/distribution.ts";
import { findPeer } from "../peers/find-peer.ts";
import { serveFolder } from "../serve/folder-server.ts";

/** A real registry that is copied to. */
export interface ChaosTarget extends AsyncDisposable {
  readonly name: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The upload sessions that are open, by what is on its disk: the bytes of each, by its path. */
  openUploads(): Promise<ReadonlyMap<string, number>>;
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
      openUploads: () => sizes(started.data, /_uploads\/[^/]+\/data$/),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    });
  }
  const folder = await serveFolder();
  targets.push({
    name: "tranship serve",
    host: new URL(folder.url).host,
    openUploads: () => sizes(join(folder.dir, ".tranship", "uploads"), /./),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  });
  return { targets, missing };
}

async function sizes(folder: string, name: RegExp): Promise<ReadonlyMap<string, number>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = files.filter((path) => name.test(path));
  return new Map(await Promise.all(found.map(async (path) => [path, (await stat(path)).size] as const)));
}
