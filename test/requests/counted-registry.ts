import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LaneChoice, Registry, type RegistryStore } from "@tranship/core";
import type { Hook } from "../../packages/cli-worker/src/serve/exchange.ts";
import { serve } from "../../packages/cli-worker/src/serve/serve.ts";

/** A registry that counts what it is asked, as the far side sees it. */
export interface CountedRegistry extends AsyncDisposable {
  readonly store: RegistryStore;
  /** What was asked since the last take: `{ "GET blob": 2 }`. */
  take(): Readonly<Record<string, number>>;
}

export interface CountedRegistryOptions {
  /** Stands behind the counter. */
  readonly hook?: Hook | undefined;
  /** Those of the client. */
  readonly connections?: number | undefined;
  readonly lane?: LaneChoice | undefined;
}

/** Serves an empty folder. */
export async function startCountedRegistry({
  hook = (_request, next) => next(),
  connections,
  lane,
}: CountedRegistryOptions = {}): Promise<CountedRegistry> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-requests-")));
  let asked = new Map<string, number>();
  const server = await serve({
    dir: folder.path,
    writable: true,
    hook: (request, next) => {
      const what = `${request.method} ${request.route.kind}`;
      asked.set(what, (asked.get(what) ?? 0) + 1);
      return hook(request, next);
    },
  });
  stack.defer(() => server.close({ graceMs: 0 }));
  const registry = stack.use(new Registry({ host: server.address, connections, lane }));
  const kept = stack.move();
  return {
    store: registry.repository("team/app"),
    take() {
      const taken = Object.fromEntries([...asked].toSorted());
      asked = new Map();
      return taken;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** All requests of counts. */
export function total(...counts: readonly Readonly<Record<string, number>>[]): number {
  return counts.flatMap((count) => Object.values(count)).reduce((sum, requests) => sum + requests, 0);
}
