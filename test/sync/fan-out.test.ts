import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { asDocker } from "../support/docker-image.ts";
import { releaseImage } from "../support/release-images.ts";
import { sampleImage } from "../support/sample-image.ts";
import { seedRepository } from "../support/seed-repository.ts";
import { startMirrorRegistries, takeAll } from "./registries.ts";

const MIB = 1024 * 1024;
const PLATFORMS = [
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64" },
];

describePeers("tranship sync to three targets", ["docker-registry"], (peers) => {
  it("fetches everything once, blobs in memory and those on disk, and brings it to each", async () => {
    await using registries = await startMirrorRegistries(peers["docker-registry"]);
    await using home = await mkdtempDisposable(join(tmpdir(), "tranship-fan-out-"));
    const { sources, targets } = registries;
    const releases = ["1.0.0", "1.0.1", "1.1.0"].map(
      (version) => [version, asDocker(releaseImage({ of: "app", version, platforms: PLATFORMS }))] as const,
    );
    const images = new Map([...releases, ["big", sampleImage({ layers: 5, layerSize: 2 * MIB })]]);
    const tags = await seedRepository(sources.older.repository("team/app"), images);
    const samples = [...images.values()];
    const blobs = new Map(
      samples.flatMap((sample) => sample.blobs.map(({ descriptor }) => [descriptor.digest, descriptor])),
    );
    const manifests = samples.flatMap((sample) => sample.manifests);
    const to = Object.values(targets).map(({ host }) => `${host}/mirror/{match}`);
    const file = { version: 1, mirrors: [{ from: `${sources.older.host}/team/*`, to }] };
    await writeFile(join(home.path, "mirror.yaml"), JSON.stringify(file));
    takeAll(registries);

    expect(await runCommand(["sync", "-f", "mirror.yaml"], { home: home.path })).toMatchObject({ code: 0, stderr: "" });

    const { olderSource, olderTarget, newerTarget, servedTarget } = takeAll(registries);
    expect(olderSource.requests).toEqual({
      "GET catalog": 1,
      "GET tags": 1,
      "GET manifest": manifests.length,
      "GET blob": blobs.size,
    });
    const bytes = [...blobs.values()].reduce((sum, { size }) => sum + size, 0);
    for (const asked of [olderTarget, newerTarget, servedTarget]) {
      expect(asked.requests).toMatchObject({ "PUT manifest": manifests.length });
      expect(asked.sent).toBe(bytes + manifests.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
    }
    for (const target of Object.values(targets)) {
      const store = target.repository("mirror/app");
      for (const [tag, digest] of tags) expect((await store.resolve(tag)).digest).toBe(digest);
    }
  });
});
