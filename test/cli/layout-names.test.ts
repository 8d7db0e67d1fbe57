import { readFile, writeFile } from "node:fs/promises";
import { type Descriptor, openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const REF = "org.opencontainers.image.ref.name";
const WHOLE = "io.containerd.image.name";

type Annotations = Readonly<Record<string, string>>;

type Named = readonly [tool: string, images: readonly Annotations[], copied?: readonly Annotations[]];

/** How tools name images in a layout, and how the same is named after a copy. */
const NAMED: readonly Named[] = [
  ["podman save", [{ [REF]: "docker.io/library/alpine:3.20" }, { [REF]: "docker.io/library/alpine:edge" }]],
  ["docker save", [{ [REF]: "1.0", [WHOLE]: "docker.io/library/x:1.0" }]],
  [
    "docker save of two images with one tag",
    [
      { [REF]: "latest", [WHOLE]: "docker.io/library/a:latest" },
      { [REF]: "latest", [WHOLE]: "docker.io/library/b:latest" },
    ],
    [
      { [REF]: "docker.io/library/a:latest", [WHOLE]: "docker.io/library/a:latest" },
      { [REF]: "docker.io/library/b:latest", [WHOLE]: "docker.io/library/b:latest" },
    ],
  ],
  ["podman save of two images with one tag", [{ [REF]: "localhost/a:v1" }, { [REF]: "localhost/b:v1" }]],
  ["skopeo", [{ [REF]: "v1" }, { [REF]: "any name" }]],
];

/** A layout of as many images as there are annotations, one each. */
async function namedLayout(bench: Workbench, images: readonly Annotations[]): Promise<void> {
  const layout = await openLayout(bench.path("layout"), { create: true });
  const manifests: Descriptor[] = [];
  for (const [at, annotations] of images.entries()) {
    manifests.push({ ...(await seed(layout, sampleImage({ seed: `image ${at}` }))), annotations });
  }
  await writeFile(bench.path("layout", "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
}

async function named(path: string): Promise<readonly unknown[]> {
  const { manifests } = JSON.parse(await readFile(path, "utf8")) as { readonly manifests: readonly Descriptor[] };
  return manifests
    .map(({ digest, annotations }) => ({ digest, annotations }))
    .toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}

describe("copy --all-tags from a layout to a layout", () => {
  it.each(NAMED.map(([tool, images, copied = images]) => [tool, images, copied] as const))(
    "keeps names as %s writes them, and finds them unchanged the next time",
    async (_, images, copied) => {
      await using bench = await Workbench.open();
      await namedLayout(bench, images);
      const before = await named(bench.path("layout", "index.json"));
      const args = ["copy", "--all-tags", "oci:layout", "oci:copied"];
      expect(await bench.run(args)).toMatchObject({ code: 0, stderr: "" });
      const after = await named(bench.path("copied", "index.json"));
      const digests = before.map((entry) => (entry as Descriptor).digest);
      expect(after.map((entry) => (entry as Descriptor).digest)).toEqual(digests);
      const annotations = after.map((entry) => (entry as Descriptor).annotations);
      expect(annotations).toEqual(expect.arrayContaining([...copied]));
      expect(annotations).toHaveLength(copied.length);
      const again = await bench.run(args);
      expect(again.stdout).toContain(`${images.length}: 0 copied, ${images.length} unchanged`);
      expect(await named(bench.path("copied", "index.json"))).toEqual(after);
    },
  );

  it("gives a registry tags, as before", async () => {
    await using bench = await Workbench.open();
    await namedLayout(bench, [
      { [REF]: "docker.io/library/alpine:3.20" },
      { [REF]: "1.0", [WHOLE]: "docker.io/library/x:1.0" },
    ]);
    const server = await bench.serve();
    expect(await bench.run(["copy", "--all-tags", "oci:layout", `${server.address}/app`])).toMatchObject({ code: 0 });
    const tags = await Array.fromAsync(bench.repository(server, "app").tags());
    expect(tags.toSorted()).toEqual(["1.0", "3.20"]);
  });

  it("gives an image that gets another tag no name that was not asked for", async () => {
    await using bench = await Workbench.open();
    await namedLayout(bench, [{ [REF]: "1.0", [WHOLE]: "docker.io/library/x:1.0" }]);
    expect(await bench.run(["copy", "oci:layout:1.0", "oci:copied:2.0"])).toMatchObject({ code: 0 });
    const [entry] = await named(bench.path("copied", "index.json"));
    expect((entry as Descriptor).annotations).toEqual({ [REF]: "2.0" });
  });
});
