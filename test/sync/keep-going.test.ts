import { mkdtempDisposable, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest } from "@tranship/core";
import { expect, it } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { sampleImage } from "../support/sample-image.ts";
import { seedRepository } from "../support/seed-repository.ts";
import { startMirrorRegistries, takeAll } from "./registries.ts";

const TAGS = Array.from({ length: 12 }, (_, at) => `v${at}`);
const BROKEN = "v5";

/** Where distribution keeps the bytes of a blob. */
function pathOf(data: string, digest: Digest): string {
  const hex = digest.slice("sha256:".length);
  return join(data, "docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data");
}

describePeers("tranship sync of a repository that has lost a blob", ["docker-registry"], (peers) => {
  it("fails that image at every target and no other, says why, and brings it once it is whole again", async () => {
    await using registries = await startMirrorRegistries(peers["docker-registry"]);
    await using home = await mkdtempDisposable(join(tmpdir(), "tranship-keep-going-"));
    const { sources, targets } = registries;
    const images = new Map(TAGS.map((tag) => [tag, sampleImage({ seed: tag, layerSize: 512 })]));
    await seedRepository(sources.older.repository("app"), images);
    const lost = images.get(BROKEN)?.blobs.at(-1)?.descriptor.digest ?? "none:";
    const path = pathOf(sources.older.data, lost);
    await rename(path, `${path}.lost`);
    const to = [`${targets.newer.host}/app`, `${targets.served.host}/app`];
    const file = { version: 1, mirrors: [{ from: `${sources.older.host}/app`, to }] };
    await writeFile(join(home.path, "mirror.yaml"), JSON.stringify(file));

    const run = await runCommand(["sync", "-f", "mirror.yaml"], { home: home.path });

    expect(run.code).toBe(1);
    expect(run.stdout).toContain("22 copied, 2 failed");
    const lines = run.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain(`app:${BROKEN}`);
      expect(line).toContain(lost);
    }
    const others = TAGS.filter((tag) => tag !== BROKEN);
    for (const target of [targets.newer, targets.served]) {
      expect((await Array.fromAsync(target.repository("app").tags())).toSorted()).toEqual(others.toSorted());
    }

    await rename(`${path}.lost`, path);
    takeAll(registries);
    const again = await runCommand(["sync", "-f", "mirror.yaml"], { home: home.path });
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain("2 copied, 22 unchanged");
    const asked = takeAll(registries);
    expect(asked.newerTarget.requests["PUT manifest"]).toBe(1);
    expect(asked.servedTarget.requests["PUT manifest"]).toBe(1);
  });
});
