import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "@tranship/core";
import { serve } from "tranship";
import { afterAll, beforeAll, describe } from "vitest";
import { type ConformanceOptions, storeConformance } from "../conformance/store-suite.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";

conformanceOn("RegistryStore on tranship serve", async (stack) => {
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-serve-")));
  const server = await serve({ dir: folder.path, writable: true });
  stack.defer(() => server.close({ graceMs: 0 }));
  return server.address;
});

describePeers("distribution 2.8", ["docker-registry"], (peers) => {
  conformanceOn(
    "RegistryStore on distribution 2.8",
    async (stack) => stack.use(await startDistribution(peers["docker-registry"])).host,
    {
      untag: "it refuses to delete by tag",
      "refuse layers as manifests": "it answers 500",
    },
  );
});

describePeers("distribution 3.1", ["registry"], (peers) => {
  conformanceOn(
    "RegistryStore on distribution 3.1",
    async (stack) => stack.use(await startDistribution(peers.registry)).host,
  );
});

/** Starts a registry, whose host is given, for all of the tests, on either lane; each of them gets a repository of its own. */
function conformanceOn(
  name: string,
  start: (stack: AsyncDisposableStack) => Promise<string>,
  without: NonNullable<ConformanceOptions["without"]> = {},
): void {
  describe(name, () => {
    const stack = new AsyncDisposableStack();
    let host: string;
    let tests = 0;
    beforeAll(async () => {
      host = await start(stack);
    });
    afterAll(() => stack.disposeAsync());
    for (const lane of ["control", "blob"] as const) {
      let registry: Registry | undefined;
      const makeStore = async () => {
        registry ??= stack.use(new Registry({ host, lane }));
        return { store: registry.repository(`test/${tests++}`), cleanup: async () => {} };
      };
      storeConformance(`${name} (${lane} lane)`, makeStore, { without });
    }
  });
}
