import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyImage } from "@tranship/copy";
import { type Digest, openLayout, Registry, type RegistryStore } from "@tranship/core";
import { serve } from "tranship";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { craneOracle, digestFrom, skopeoOracle } from "../peers/oracles.ts";
import { runPeer } from "../peers/run-peer.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";

/** What serve keeps in one piece; crane and regctl send more than that in chunks. */
const LAYER_BYTES = 5 * 1024 * 1024;

describe("serve --writable takes pushes", () => {
  const stack = new AsyncDisposableStack();
  let layout: string;
  let digest: Digest;
  let host: string;
  let registry: Registry;
  let repositories = 0;
  let name: string;
  let store: RegistryStore;

  beforeAll(async () => {
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-pushes-")));
    layout = join(folder.path, "layout");
    const sample = sampleIndex({ layerSize: LAYER_BYTES });
    ({ digest } = await seed(await openLayout(layout, { create: true }), sample, "v1"));
    const served = join(folder.path, "served");
    await mkdir(served);
    const server = await serve({ dir: served, writable: true });
    stack.defer(() => server.close({ graceMs: 0 }));
    host = server.address;
    registry = stack.use(new Registry({ host }));
  });
  afterAll(() => stack.disposeAsync());
  beforeEach(() => {
    name = `team/app-${repositories++}`;
    store = registry.repository(name);
  });

  /** What was pushed, read back whole. */
  async function pushed(): Promise<Digest> {
    return (await verifyImage({ store, reference: "v1" })).root.digest;
  }

  describePeers("of skopeo", ["skopeo"], ({ skopeo }) => {
    it("an index with both of its platforms", async () => {
      const image = `docker://${host}/${name}:v1`;
      const copy = ["--insecure-policy", "copy", "--all", "--dest-tls-verify=false"];
      await runPeer(skopeo, [...copy, `oci:${layout}:v1`, image]);
      expect(await pushed()).toBe(digest);
      expect(await skopeoOracle(skopeo)(image)).toBe(digest);
    });
  });

  describePeers("of crane", ["crane"], ({ crane }) => {
    it("an index with both of its platforms, and a tag and a copy of it", async () => {
      const image = `${host}/${name}:v1`;
      await runPeer(crane, ["push", layout, image]);
      expect(await pushed()).toBe(digest);
      await runPeer(crane, ["copy", image, `${host}/${name}/mounted:v1`]);
      expect(await craneOracle(crane)(`${host}/${name}/mounted:v1`)).toBe(digest);
      await runPeer(crane, ["tag", image, "v2"]);
      expect((await runPeer(crane, ["ls", `${host}/${name}`])).toString().split("\n")).toEqual(["v1", "v2", ""]);
    });
  });

  describePeers("of regctl", ["regctl"], ({ regctl }) => {
    const plain = (): readonly string[] => ["--host", `reg=${host},tls=disabled`];

    it("an index with both of its platforms", async () => {
      const image = `${host}/${name}:v1`;
      await runPeer(regctl, [...plain(), "image", "copy", `ocidir://${layout}:v1`, image]);
      expect(await pushed()).toBe(digest);
      expect(digestFrom(await runPeer(regctl, [...plain(), "image", "digest", image]))).toBe(digest);
    });

    it("deletes of a tag", async () => {
      await runPeer(regctl, [...plain(), "image", "copy", `ocidir://${layout}:v1`, `${host}/${name}:v1`]);
      await runPeer(regctl, [...plain(), "image", "copy", `${host}/${name}:v1`, `${host}/${name}:v2`]);
      await runPeer(regctl, [...plain(), "tag", "rm", `${host}/${name}:v2`]);
      expect(await Array.fromAsync(store.tags())).toEqual(["v1"]);
    });
  });

  describePeers("of oras", ["oras"], ({ oras }) => {
    it("an index with both of its platforms, an artifact and a referrer of it", async () => {
      const image = `${host}/${name}:v1`;
      await runPeer(oras, ["cp", "--from-oci-layout", `${layout}:v1`, "--to-plain-http", image]);
      expect(await pushed()).toBe(digest);

      const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-oras-")));
      await writeFile(join(folder.path, "sbom.json"), '{"packages":[]}');
      const attach = ["attach", "--plain-http", "--artifact-type", "application/vnd.example.sbom"];
      await runPeer(oras, [...attach, image, "sbom.json"], { cwd: folder.path });
      const referrers = await Array.fromAsync(store.referrers(await store.resolve("v1")));
      expect(referrers).toMatchObject([{ artifactType: "application/vnd.example.sbom" }]);
      const [referrer] = referrers;
      const artifact = await verifyImage({ store, reference: referrer?.digest ?? "" });
      expect(artifact.blobs.count).toBe(2);
    });
  });
});
