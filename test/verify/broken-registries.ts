import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Digest } from "@tranship/core";
import { serve } from "tranship";
import { type DistributionOptions, type PeerRegistry, startDistribution } from "../peers/distribution.ts";

/** A registry whose storage a test can spoil behind its back. */
export interface SpoilableRegistry extends AsyncDisposable {
  readonly host: string;
  /** Takes a blob's file from a repository. */
  lose(repository: string, digest: Digest): Promise<void>;
  /** Puts other bytes of the same length under the digest. */
  corrupt(repository: string, digest: Digest): Promise<void>;
  /** Cuts the blob's file short. */
  truncate(repository: string, digest: Digest, left: "half" | "empty"): Promise<void>;
}

/** The registry of this project, in a folder. */
export async function spoilableServe(dir: string): Promise<SpoilableRegistry> {
  await mkdir(dir, { recursive: true });
  const server = await serve({ dir, writable: true });
  const file = (repository: string, digest: Digest): string => join(dir, repository, "blobs", digest.replace(":", "/"));
  return {
    host: server.address,
    lose: (repository, digest) => rm(file(repository, digest)),
    corrupt: (repository, digest) => spoil(file(repository, digest)),
    truncate: (repository, digest, left) => cut(file(repository, digest), left),
    [Symbol.asyncDispose]: () => server.close({ graceMs: 0 }),
  };
}

/** Distribution, 2.8 or 3.1, by its path. */
export async function spoilableDistribution(path: string, options?: DistributionOptions): Promise<SpoilableRegistry> {
  const registry: PeerRegistry = await startDistribution(path, options);
  const root = join(registry.data, "docker/registry/v2");
  const file = (digest: Digest): string => {
    const [algorithm = "", hex = ""] = digest.split(":");
    return join(root, "blobs", algorithm, hex.slice(0, 2), hex, "data");
  };
  return {
    host: registry.host,
    lose: (repository, digest) =>
      rm(join(root, "repositories", repository, "_layers", digest.replace(":", "/")), { recursive: true }),
    corrupt: (_, digest) => spoil(file(digest)),
    truncate: (_, digest, left) => cut(file(digest), left),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

async function spoil(file: string): Promise<void> {
  const { length } = await readFile(file);
  await replace(file, Buffer.alloc(length, "x"));
}

async function cut(file: string, left: "half" | "empty"): Promise<void> {
  const bytes = await readFile(file);
  await replace(file, bytes.subarray(0, left === "half" ? bytes.length / 2 : 0));
}

/** A file of another image may be the same by a hard link. */
async function replace(file: string, bytes: Uint8Array): Promise<void> {
  await rm(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
