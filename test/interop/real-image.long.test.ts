import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copy, verifyImage } from "@tranship/copy";
import { type Digest, openLayout, Registry, type Store } from "@tranship/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCraneRegistry } from "../peers/crane-registry.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { type PeerRegistry, startDistribution } from "../peers/distribution.ts";
import { craneOracle, digestFrom, type Oracle, skopeoOracle } from "../peers/oracles.ts";
import { runPeer } from "../peers/run-peer.ts";
import { ROOT_FILESYSTEM, rootFilesystemLayout, rootFilesystemObstacle } from "../support/root-filesystem.ts";

const DEBIAN_PEERS = ["debootstrap", "docker-registry", "skopeo"] as const;
const TAGS = [ROOT_FILESYSTEM.image, ROOT_FILESYSTEM.index];

describePeers("a Debian root file system between registries of 2.8", DEBIAN_PEERS, (peers) => {
  const registry = () => startDistribution(peers["docker-registry"]);
  journey(peers.debootstrap, {
    registries: [registry, registry, registry],
    readRemote: [dockerUrl(skopeoOracle(peers.skopeo))],
    readLayout: [skopeoLayout(peers.skopeo)],
  });
});

describePeers(
  "a Debian root file system between 2.8, 3.1 and crane's registry",
  [...DEBIAN_PEERS, "registry", "crane"],
  (peers) => {
    journey(peers.debootstrap, {
      registries: [
        () => startDistribution(peers["docker-registry"]),
        () => startDistribution(peers.registry),
        () => startCraneRegistry(peers.crane),
      ],
      readRemote: [dockerUrl(skopeoOracle(peers.skopeo)), craneOracle(peers.crane)],
      readLayout: [skopeoLayout(peers.skopeo), craneLayout(peers.crane)],
    });
  },
);

interface Journey {
  /** The image goes to the first and the second, from there to a layout, and on to the third. */
  readonly registries: readonly (() => Promise<PeerRegistry>)[];
  /** For `HOST/REPO:TAG`. */
  readonly readRemote: readonly Oracle[];
  readonly readLayout: readonly ((dir: string, tag: string) => Promise<Digest>)[];
}

function journey(debootstrap: string, { registries, readRemote, readLayout }: Journey): void {
  if (obstacle() !== undefined) console.warn(`Skipped: the real image (${obstacle()})`);
  describe.skipIf(obstacle() !== undefined)(obstacle() ?? "registry → registry → OCI layout → registry", () => {
    const stack = new AsyncDisposableStack();
    let source: Store;
    const stages: { readonly store: Store; readonly read: readonly ((tag: string) => Promise<Digest>)[] }[] = [];

    beforeAll(async () => {
      source = await openLayout(await rootFilesystemLayout(debootstrap));
      for (const start of registries) {
        const { host } = stack.use(await start());
        const registry = stack.use(new Registry({ host }));
        const read = readRemote.map((oracle) => (tag: string) => oracle(`${host}/mirror/debian:${tag}`));
        stages.push({ store: registry.repository("mirror/debian"), read });
      }
      const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-journey-")));
      const read = readLayout.map((oracle) => (tag: string) => oracle(folder.path, tag));
      stages.splice(2, 0, { store: await openLayout(folder.path, { create: true }), read });
    });
    afterAll(() => stack.disposeAsync());

    it.each(TAGS)("copy() carries %s over every stage, and all read the same digest", async (tag) => {
      const { digest } = await source.resolve(tag);
      let from = source;
      for (const { store, read } of stages) {
        const result = await copy({ store: from, reference: tag }, { store, reference: tag });
        expect(result).toMatchObject({ outcome: "copied", root: { digest } });
        expect((await verifyImage({ store, reference: tag })).root.digest).toBe(digest);
        for (const oracle of read) expect(await oracle(tag)).toBe(digest);
        from = store;
      }
    });

    it.each(TAGS)("copy() of %s again moves nothing", async (tag) => {
      for (const { store } of stages) {
        const again = await copy({ store: source, reference: tag }, { store, reference: tag });
        expect(again).toMatchObject({ outcome: "unchanged", moved: { count: 0 }, mounted: { count: 0 } });
      }
    });
  });
}

function obstacle(): string | undefined {
  const reason = rootFilesystemObstacle();
  if (reason !== undefined) console.warn(`Skipped: a Debian root file system (${reason})`);
  return reason;
}

function dockerUrl(oracle: Oracle): Oracle {
  return (image, options) => oracle(`docker://${image}`, options);
}

function skopeoLayout(path: string): (dir: string, tag: string) => Promise<Digest> {
  return (dir, tag) => skopeoOracle(path, [])(`oci:${dir}:${tag}`);
}

/** crane reads a layout of one image only by pushing it; this one grows, so each tag is cut out by a copy of its own. */
function craneLayout(path: string): (dir: string, tag: string) => Promise<Digest> {
  return async (dir, tag) => {
    await using stack = new AsyncDisposableStack();
    const { host } = stack.use(await startCraneRegistry(path));
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-crane-layout-")));
    const single = await openLayout(folder.path, { create: true });
    await copy({ store: await openLayout(dir), reference: tag }, { store: single, reference: tag });
    return digestFrom(await runPeer(path, ["push", folder.path, `${host}/pushed/debian:${tag}`]));
  };
}
