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
  /** The upload sessions that are on its disk, by name. */
  uploads(): Promise<ReadonlySet<string>>;
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
      uploads: () => names(started.data, /_uploads\/([^/]+)\/data$/),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    });
  }
  const folder = await serveFolder();
  targets.push({
    name: "tranship serve",
    host: new URL(folder.url).host,
    uploads: () => names(join(folder.dir, ".tranship", "uploads"), /([^/]+)$/),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  });
  return { targets, missing };
}

/** What the pattern finds in the paths of files. */
async function names(folder: string, pattern: RegExp): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Set(files.flatMap((path) => pattern.exec(path)?.[1] ?? []));
}
