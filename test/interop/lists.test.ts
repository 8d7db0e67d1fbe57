import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readInventory } from "@tranship/copy";
import { RegistryClient } from "@tranship/core";
import { expect, it } from "vitest";
import { startCraneRegistry } from "../peers/crane-registry.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { sampleImage, seed } from "../support/sample-image.ts";

const TAGS = ["a", "b", "c", "d"] as const;

/** A client of the registry, with `app` filled. */
async function filled(host: string): Promise<RegistryClient> {
  const client = new RegistryClient({ host, plainHttp: true });
  for (const tag of TAGS)
    await seed(client.repository("app"), sampleImage({ seed: tag, layers: 1, layerSize: 64 }), tag);
  return client;
}

/** The tags, by pages of a length. */
async function tagsOf(client: RegistryClient, maxPageSize: number): Promise<readonly string[]> {
  return (await Array.fromAsync(client.listTags("app").byPage({ maxPageSize }))).flat().toSorted();
}

/** Takes the manifest of a tag out of distribution's storage, and leaves its tag. */
async function breakTag(client: RegistryClient, data: string, tag: string): Promise<void> {
  const { digest } = await client.repository("app").resolve(tag);
  const [algorithm = "", hex = ""] = digest.split(":");
  const revisions = join(data, "docker/registry/v2/repositories/app/_manifests/revisions");
  await rm(join(revisions, algorithm, hex), { recursive: true });
}

describePeers("listTags(), of registries that others wrote:", ["registry", "docker-registry", "crane"], (peers) => {
  it.each([2, 3, 4, 5])("distribution 3.1 gives all tags in pages of %i", async (length) => {
    await using peer = await startDistribution(peers.registry);
    await using client = await filled(peer.host);
    expect(await tagsOf(client, length)).toEqual(TAGS);
  });

  it.each([2, 3, 4, 5])("crane's registry gives all tags in pages of %i, and none of them twice", async (length) => {
    await using peer = await startCraneRegistry(peers.crane);
    await using client = await filled(peer.host);
    expect(await tagsOf(client, length)).toEqual(TAGS);
  });

  it.each([2, 3, 5])("distribution 2.8 gives all tags for pages of %i", async (length) => {
    await using peer = await startDistribution(peers["docker-registry"]);
    await using client = await filled(peer.host);
    expect(await tagsOf(client, length)).toEqual(TAGS);
    // As many as are asked for, and the same ones after the last: whether there are more can't be told.
    await expect(tagsOf(client, TAGS.length)).rejects.toThrow("there may be more than was listed");
  });
});

describePeers("untag(), of a tag without a manifest,", ["registry", "docker-registry"], (peers) => {
  it("removes it from distribution 3.1", async () => {
    await using peer = await startDistribution(peers.registry);
    await using client = await filled(peer.host);
    await breakTag(client, peer.data, "b");
    const app = client.repository("app");
    await expect(readInventory(app)).rejects.toMatchObject({
      code: "BROKEN_TAG",
      message: expect.stringContaining('"b"'),
    });
    await app.untag("b");
    expect((await readInventory(app)).flatMap(({ tags }) => tags).toSorted()).toEqual(["a", "c", "d"]);
  });

  it("can't remove it from distribution 2.8, and says why; another one is deleted only when it is told to ignore it", async () => {
    await using peer = await startDistribution(peers["docker-registry"]);
    await using client = await filled(peer.host);
    await breakTag(client, peer.data, "b");
    const app = client.repository("app");
    await expect(app.untag("b")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("the registry deletes by digest only, and the tag has no manifest (404)"),
    });
    await expect(app.untag("a")).rejects.toMatchObject({ code: "BROKEN_TAG" });
    await app.untag("a", { ignoreBrokenTags: true });
    expect(await tagsOf(client, 1000)).toEqual(["b", "c", "d"]);
  });
});
