import { type Descriptor, MemoryStore, OCI_INDEX } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type BuiltImage,
  buildArtifact,
  buildImage,
  buildIndex,
  putManifest,
} from "../../../../test/support/small-image.ts";
import { copy } from "./copy.ts";
import type { PlanAction } from "./plan.ts";
import { planCopy } from "./plan-copy.ts";

const FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

let from: MemoryStore;
let to: MemoryStore;
let amd64: BuiltImage;
let arm64: BuiltImage;

beforeEach(async () => {
  from = new MemoryStore("source");
  to = new MemoryStore("target");
  amd64 = await buildImage(from, "linux/amd64", ["shared layer", "amd64 layer"]);
  arm64 = await buildImage(from, "linux/arm64", ["shared layer", "arm64 layer"]);
});

/** The steps of a walk below a tag of the source. */
async function walked(reference: string, referrers = false): Promise<readonly PlanAction[]> {
  const { actions } = await planCopy({ store: from, reference }, { store: to, reference: "v1" }, { referrers });
  return Array.fromAsync(actions);
}

const digests = (steps: readonly PlanAction[], action: PlanAction["action"]): readonly string[] =>
  steps.filter((step) => step.action === action).map(({ descriptor }) => descriptor.digest);

describe("walk()", () => {
  it("yields each content once, whatever names it how often, and before each manifest all that it names", async () => {
    const inner = await buildIndex(from, [amd64, arm64]);
    await buildIndex(from, [amd64, { ...arm64, manifest: inner }, amd64], "nested");
    const steps = await walked("nested");
    const all = steps.map(({ descriptor }) => descriptor.digest);
    expect(new Set(all).size).toBe(all.length);
    for (const [position, step] of steps.entries()) {
      if (step.action !== "put") continue;
      const before = all.slice(0, position);
      expect(step.children.filter((digest) => !before.includes(digest))).toEqual([]);
    }
    expect(steps.at(-1)).toMatchObject({ action: "put", reference: "v1" });
  });

  it("skips a foreign layer, and transfers it where another image has it as its own", async () => {
    const [layer] = amd64.layers as readonly [Descriptor];
    const foreign = { ...layer, mediaType: FOREIGN, urls: ["https://elsewhere.example/layer"] };
    const manifest = await putManifest(from, { ...amd64.document, layers: [foreign] });
    await buildIndex(from, [{ ...amd64, manifest }, arm64], "both");
    const steps = await walked("both");
    expect(digests(steps, "skip")).toEqual([layer.digest]);
    expect(digests(steps, "transfer")).toContain(layer.digest);
    const put = steps.find(({ descriptor }) => descriptor.digest === manifest.digest);
    expect(put).toMatchObject({ action: "put", children: [amd64.config.digest] });
  });

  it("skips a manifest that the target has whole, and brings what another one lacks", async () => {
    await buildIndex(from, [amd64, arm64], "v1");
    await copy({ store: from, reference: amd64.manifest.digest }, { store: to, reference: "amd64" });
    await copy({ store: from, reference: arm64.manifest.digest }, { store: to, reference: "arm64" });
    const lost = arm64.layers[1] as Descriptor;
    await to.delete(lost);
    const steps = await walked("v1");
    expect(digests(steps, "skip")).toEqual([amd64.manifest.digest, arm64.manifest.digest]);
    expect(digests(steps, "transfer")).toEqual([lost.digest]);
  });

  it("yields referrers after their subject, and theirs after them", async () => {
    const index = await buildIndex(from, [amd64], "v1");
    const sbom = await buildArtifact(from, "test/sbom", amd64.manifest);
    const signature = await buildArtifact(from, "test/signature", sbom);
    const ofIndex = await buildArtifact(from, "test/signature", index);
    const order = digests(await walked("v1", true), "put");
    expect(order).toEqual([amd64.manifest, sbom, signature, index, ofIndex].map(({ digest }) => digest));
    expect(digests(await walked("v1"), "put")).toEqual([amd64.manifest.digest, index.digest]);
  });

  it("takes an entry of an index that is no manifest for a blob", async () => {
    const [layer] = amd64.layers as readonly [Descriptor];
    const document = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [amd64.manifest, layer] };
    await putManifest(from, document, "odd");
    expect(digests(await walked("odd"), "transfer").filter((digest) => digest === layer.digest)).toHaveLength(1);
  });
});
