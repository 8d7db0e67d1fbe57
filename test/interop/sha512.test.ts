import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CopyRun, copy } from "@tranship/copy";
import { MemoryJournal, MemoryStore, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Registry, type Store } from "@tranship/core";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { contentOf, type Sample, sampleBytes, seed } from "../support/sample-image.ts";

/** An image whose config has a sha256 digest, and one of whose two layers has a sha512 digest. */
function imageOf(name: string): Sample {
  const config = contentOf(OCI_CONFIG, Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64", name })));
  const layers = [
    contentOf(OCI_LAYER, sampleBytes(100_000, "sha256")),
    contentOf(OCI_LAYER, sampleBytes(150_000, "sha512"), "sha512"),
  ];
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  const root = contentOf(OCI_MANIFEST, Buffer.from(JSON.stringify(document)));
  return { root, manifests: [root], blobs: [config, ...layers] };
}

const IMAGES = ["one", "two"].map(imageOf);

/** Reads every blob of the image. */
async function readWhole(store: Store, { blobs }: Sample): Promise<void> {
  for (const { descriptor, bytes } of blobs) {
    const read = Buffer.concat(await Array.fromAsync(await store.fetch(descriptor)));
    expect(read.equals(bytes), descriptor.digest).toBe(true);
  }
}

describePeers("copy() of an image with a sha512 layer, to distribution", ["registry", "docker-registry"], (peers) => {
  it.each([
    ["3.1", "registry", false],
    ["3.1", "registry", true],
    ["2.8", "docker-registry", false],
    ["2.8", "docker-registry", true],
  ] as const)(
    "%s brings it to several repositories, and breaks none that is there (%s, with a cache: %s)",
    async (_, peer, cache) => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-sha512-"));
      const source = new MemoryStore("source");
      for (const [at, image] of IMAGES.entries()) await seed(source, image, `v${at}`);
      const journal = new MemoryJournal();
      const names = ["a", "b", "c"];
      {
        await using server = await startDistribution(peers[peer], { data: folder.path, cache });
        // Twice: the second run finds what the first one has left.
        for (const runs of [1, 2]) {
          await using registry = new Registry({ host: server.host, plainHttp: true, journal });
          const run = new CopyRun({ journal });
          for (const name of names) {
            for (const [at] of IMAGES.entries()) {
              const to = { store: registry.repository(name), reference: `v${at}-${runs}` };
              await copy({ store: source, reference: `v${at}` }, to, { run });
            }
          }
        }
      }
      // What the cache hides shows after a restart.
      await using server = await startDistribution(peers[peer], { data: folder.path });
      await using registry = new Registry({ host: server.host, plainHttp: true });
      for (const name of names) for (const image of IMAGES) await readWhole(registry.repository(name), image);
    },
  );
});
