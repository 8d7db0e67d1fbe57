import { rm, stat } from "node:fs/promises";
import { parseManifest, type RegistryStore } from "@tranship/core";
import type { RunningServer } from "tranship";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const INDEX = sampleIndex();
/** A layer of the second platform alone. */
const LOST = lastLayer();

/** What brings the tag v1 of `app` to the layout `images`. */
const COMMANDS: Readonly<Record<string, (from: string) => readonly string[]>> = {
  copy: (from) => [`${from}/app:v1`, "oci:images:v1"],
  "copy to another tag": (from) => [`${from}/app:v1`, "oci:images:v2"],
  "copy by digest": (from) => [`${from}/app@${INDEX.root.descriptor.digest}`, "oci:images"],
  "copy --no-clobber": (from) => ["--no-clobber", `${from}/app:v1`, "oci:images:v1"],
  "copy --all-tags": (from) => ["--all-tags", `${from}/app`, "oci:images"],
  "copy to several targets": (from) => [`${from}/app:v1`, "oci:other:v1", "oci:images:v1"],
};

describe("tranship, whose layout lost a layer", () => {
  let bench: Workbench;
  let from: RunningServer;
  let source: RegistryStore;
  beforeEach(async () => {
    bench = await Workbench.open();
    from = await bench.serve();
    source = bench.repository(from, "app");
    await seed(source, INDEX, "v1");
    expect(await bench.run(["copy", `${from.address}/app:v1`, "oci:images:v1"])).toMatchObject({ code: 0 });
    await rm(file());
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const file = () => bench.path("images", "blobs", ...LOST.digest.split(":"));

  it.each(Object.entries(COMMANDS))(
    "has it again after %s, or fails where the source has lost it too",
    async (_, args) => {
      const command = ["copy", ...args(from.address)];
      expect(await bench.run(command)).toMatchObject({ code: 0 });
      expect((await stat(file())).size).toBe(LOST.size);

      await rm(file());
      await source.delete(LOST);
      expect(await bench.run(command)).toMatchObject({ code: 1, stderr: expect.stringContaining(LOST.digest) });
    },
  );

  it("is completed after a sparse copy, and says of which tag", async () => {
    const sparse = ["copy", `${from.address}/app:v1`, "oci:some:v1", "--platform", "linux/amd64", "--sparse"];
    expect(await bench.run(sparse)).toMatchObject({ code: 0 });
    const run = await bench.run(["copy", `${from.address}/app:v1`, "oci:some:v1"]);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("Copied") });
    expect(run.stderr + run.stdout).toContain("content of it is missing");
    expect(await bench.run(["verify", `${from.address}/app:v1`, "oci:some:v1"])).toMatchObject({ code: 0 });
  });
});

function lastLayer() {
  const images = INDEX.manifests.map(({ bytes }) => parseManifest(bytes));
  const layer = images.flatMap((manifest) => (manifest.kind === "image" ? manifest.layers : [])).at(-1);
  if (layer === undefined) throw new Error("no layer");
  return layer;
}
