import { mkdir, mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLayout } from "@tranship/core";
import { type Hook, type RunningServer, serve } from "tranship";
import { compareImages } from "./compare-images.ts";
import type { Fault } from "./fault.ts";

/** An image in a layout. */
export interface Original {
  readonly dir: string;
  readonly tag: string;
}

/** A source that holds the original and an empty target, one of them with a fault. */
export interface FaultyPair extends AsyncDisposable {
  readonly source: RunningServer;
  readonly target: RunningServer;
  /** The source's repository. */
  readonly repository: string;
  /** What the script said of itself. */
  readonly hits: readonly string[];
  /** Begins and ends the fault. */
  setLive(live: boolean): void;
  /** Reads a repository of the target from the disk, and compares it with the original, byte by byte. */
  compare(repository: string, tag: string): Promise<void>;
  /** Uploads that are open at the target. */
  openUploads(): Promise<readonly string[]>;
}

/** Starts both; the fault is not live yet. */
export async function startFaultyPair(fault: Fault, original: Original): Promise<FaultyPair> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-fault-")));
  const dir = join(folder.path, "registry");
  await mkdir(dir);
  const start = async (options: Parameters<typeof serve>[0]): Promise<RunningServer> => {
    const server = await serve(options);
    stack.defer(() => server.close({ graceMs: 0 }));
    return server;
  };
  const hits: string[] = [];
  const other = await start({ dir, writable: true });
  const script = fault.script({ hit: (what = "hit") => void hits.push(what), otherAddress: () => other.address });
  let live = false;
  const hook: Hook = (request, next) => (live ? script(request, next) : next());
  const source = await start({ dir: original.dir, ...(fault.at === "source" && { hook }) });
  const target = await start({ dir, writable: true, ...(fault.at === "target" && { hook }) });
  const kept = stack.move();
  return {
    source,
    target,
    repository: source.repository ?? "",
    hits,
    setLive: (now) => {
      live = now;
    },
    compare: async (repository, tag) => {
      const copied = await openLayout(join(dir, repository));
      await compareImages(await openLayout(original.dir), copied, { original: original.tag, copied: tag });
    },
    openUploads: () => filesBelow(join(dir, ".tranship")),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function filesBelow(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
