import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { spoilableDistribution, spoilableServe } from "./broken-registries.ts";
import { verifySuite } from "./verify-suite.ts";

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let count = 0;
const served = (): ReturnType<typeof spoilableServe> => {
  count += 1;
  return spoilableServe(join(folder.path, String(count)));
};
beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), "tranship-verify-"));
});
afterAll(() => folder[Symbol.asyncDispose]());

verifySuite("verifyMirrors() of serve", { source: served, target: served, replacesBlobs: true });

describePeers("verifyMirrors() of real registries", ["docker-registry", "registry"], (peers) => {
  verifySuite("distribution 3.1", {
    source: served,
    target: () => spoilableDistribution(peers.registry),
    replacesBlobs: false,
  });
  verifySuite("distribution 2.8", {
    source: () => spoilableDistribution(peers.registry),
    target: () => spoilableDistribution(peers["docker-registry"]),
    replacesBlobs: false,
  });
});
