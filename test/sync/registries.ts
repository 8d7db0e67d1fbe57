import { Registry, type RegistryStore } from "@tranship/core";
import { type CountingProxy, startCountingProxy } from "../../benchmarks/transfer/proxy/counting-proxy.ts";
import type { Traffic } from "../../benchmarks/transfer/proxy/traffic.ts";
import { startDistribution } from "../peers/distribution.ts";
import { findPeer, howToInstall } from "../peers/find-peer.ts";
import { serveFolder } from "../serve/folder-server.ts";

/** A registry with a counter in front of it. */
export interface CountedRegistry {
  /** `127.0.0.1:PORT` of the counter, which mirrors name. */
  readonly host: string;
  /** The folder of its data. */
  readonly data: string;
  /** As tests see it: past the counter. */
  repository(name: string): RegistryStore;
  /** What was asked since the last take. */
  take(): Traffic;
}

/** Two sources and three targets, of three kinds. */
export interface MirrorRegistries extends AsyncDisposable {
  readonly sources: { readonly older: CountedRegistry; readonly newer: CountedRegistry };
  readonly targets: {
    readonly older: CountedRegistry;
    readonly newer: CountedRegistry;
    readonly served: CountedRegistry;
  };
}

/**
 * Starts Debian's distribution 2.8 and distribution 3.1 as sources, and both and `tranship serve` as targets. Where 3.1 is missing, which is said, another 2.8 takes its place.
 * @param older The path of 2.8.
 */
export async function startMirrorRegistries(older: string): Promise<MirrorRegistries> {
  await using stack = new AsyncDisposableStack();
  const newer = findPeer("registry");
  if (newer === undefined) console.warn(`distribution 2.8 in place of 3.1 (no registry: ${howToInstall("registry")})`);
  const distribution = async (path: string): Promise<CountedRegistry> => {
    const { host, data } = stack.use(await startDistribution(path));
    return counted(stack, host, data);
  };
  const folder = stack.use(await serveFolder());
  const [source28, source31, target28, target31, served] = await Promise.all([
    distribution(older),
    distribution(newer ?? older),
    distribution(older),
    distribution(newer ?? older),
    counted(stack, folder.server.address, folder.dir),
  ]);
  const kept = stack.move();
  return {
    sources: { older: source28, newer: source31 },
    targets: { older: target28, newer: target31, served },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function counted(stack: AsyncDisposableStack, upstream: string, data: string): Promise<CountedRegistry> {
  const proxy: CountingProxy = stack.use(await startCountingProxy({ upstream, addedMs: 0 }));
  const registry = stack.use(new Registry({ host: upstream, plainHttp: true }));
  return { host: proxy.host, data, repository: (name) => registry.repository(name), take: () => proxy.take() };
}

/** What every registry was asked since the last take. */
export type Asked = Readonly<
  Record<"olderSource" | "newerSource" | "olderTarget" | "newerTarget" | "servedTarget", Traffic>
>;

export function takeAll({ sources, targets }: MirrorRegistries): Asked {
  return {
    olderSource: sources.older.take(),
    newerSource: sources.newer.take(),
    olderTarget: targets.older.take(),
    newerTarget: targets.newer.take(),
    servedTarget: targets.served.take(),
  };
}
