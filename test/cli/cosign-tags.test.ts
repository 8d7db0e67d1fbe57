import type { Descriptor, RegistryStore } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleImage, sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const tagOf = ({ digest }: Descriptor, suffix: string): string => `${digest.replace(":", "-")}${suffix}`;

/** An index of two images, with tags of cosign for the index, for one of the images, and for something else. */
async function signedIndex(store: RegistryStore): Promise<{ readonly signed: readonly string[] }> {
  const index = sampleIndex();
  const root = await seed(store, index, "v1");
  const child = index.manifests[0]?.descriptor as Descriptor;
  const signed = [tagOf(root, ".sig"), tagOf(root, ".att"), tagOf(child, ".sig")];
  for (const tag of signed) await seed(store, sampleImage({ seed: tag, layers: 1 }), tag);
  await seed(store, sampleImage({ seed: "stray", layers: 1 }), `sha256-${"0".repeat(64)}.sig`);
  return { signed: signed.toSorted() };
}

const cosignTagsIn = async (store: RegistryStore): Promise<readonly string[]> =>
  (await Array.fromAsync(store.tags())).filter((tag) => tag.startsWith("sha256-")).toSorted();

describe("copy --cosign-tags", () => {
  it("copies what cosign keeps for the index and its images, and nothing else", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { signed } = await signedIndex(bench.repository(server, "app"));
    const args = ["copy", "--cosign-tags", `${server.address}/app:v1`];
    const run = await bench.run([...args, `${server.address}/mirror:v1`]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(await cosignTagsIn(bench.repository(server, "mirror"))).toEqual(signed);
    // The same into a layout.
    expect(await bench.run([...args, "oci:layout:v1"])).toMatchObject({ code: 0 });
    const listed = await bench.run(["ls", "oci:layout"]);
    expect(
      listed.stdout
        .split("\n")
        .filter((line) => line.startsWith("sha256-"))
        .toSorted(),
    ).toEqual(signed);
  });

  it("brings a signature that an image of an unchanged index got later", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const source = bench.repository(server, "app");
    const index = sampleIndex();
    await seed(source, index, "v1");
    const late = tagOf(index.manifests[1]?.descriptor as Descriptor, ".sig");
    for (const [args, target] of [
      [["--cosign-tags", `${server.address}/app:v1`, `${server.address}/one:v1`], "one"],
      [["--all-tags", "--cosign-tags", `${server.address}/app`, `${server.address}/all`], "all"],
    ] as const) {
      await bench.run(["delete", `${server.address}/app:${late}`]);
      expect(await bench.run(["copy", ...args])).toMatchObject({ code: 0 });
      await seed(source, sampleImage({ seed: "late", layers: 1 }), late);
      expect(await bench.run(["copy", ...args])).toMatchObject({ code: 0 });
      expect(await cosignTagsIn(bench.repository(server, target))).toEqual([late]);
    }
  });

  it("leaves what is about a platform that is not copied", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const source = bench.repository(server, "app");
    const index = sampleIndex();
    const root = await seed(source, index, "v1");
    const [first, second] = index.manifests.map(({ descriptor }) => descriptor) as [Descriptor, Descriptor];
    for (const of of [root, first, second])
      await seed(source, sampleImage({ seed: of.digest, layers: 1 }), tagOf(of, ".sig"));
    const args = ["--cosign-tags", "--platform", "linux/amd64", `${server.address}/app:v1`, `${server.address}/one:v1`];
    expect(await bench.run(["copy", ...args])).toMatchObject({ code: 0 });
    expect(await cosignTagsIn(bench.repository(server, "one"))).toEqual([tagOf(first, ".sig")]);
  });

  it("copies every tag of cosign whose image is copied with --all-tags", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { signed } = await signedIndex(bench.repository(server, "app"));
    const args = ["copy", "--all-tags", `${server.address}/app`, `${server.address}/mirror`];
    const without = await bench.run(args);
    expect(without).toMatchObject({ code: 0 });
    expect(without.stderr).toContain(
      "4 of cosign's tags (sha256-….sig, .att, .sbom) are not copied: --cosign-tags takes",
    );
    expect(await cosignTagsIn(bench.repository(server, "mirror"))).toEqual([]);
    expect(await bench.run([...args, "--cosign-tags"])).toMatchObject({ code: 0 });
    expect(await cosignTagsIn(bench.repository(server, "mirror"))).toEqual(signed);
  });
});

describe("copy --referrers", () => {
  it("says how many of cosign's tags it leaves, in every run", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await signedIndex(bench.repository(server, "app"));
    for (let run = 1; run <= 2; run += 1) {
      const copied = await bench.run([
        "copy",
        "--referrers",
        `${server.address}/app:v1`,
        `${server.address}/mirror:v1`,
      ]);
      expect(copied.code).toBe(0);
      expect(copied.stderr).toContain(
        "3 of cosign's tags (sha256-….sig, .att, .sbom) are not copied: --cosign-tags takes",
      );
    }
    expect(await cosignTagsIn(bench.repository(server, "mirror"))).toEqual([]);
  });

  it("copies, and says that they could not be counted, where the tags can't be listed", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve(async (request, next) =>
      request.path.includes("/tags/list") ? { status: 405, body: "" } : next(),
    );
    await seed(bench.repository(server, "app"), sampleImage(), "v1");
    const args = [`${server.address}/app:v1`, `${server.address}/mirror:v1`];
    const copied = await bench.run(["copy", "--referrers", ...args]);
    expect(copied.code).toBe(0);
    expect(copied.stderr).toContain("cosign's tags are not copied, and could not be counted");
    const asked = await bench.run(["copy", "--cosign-tags", ...args]);
    expect(asked.code).toBe(1);
    expect(asked.stderr).toContain(`"${server.address}/app"`);
  });
});

describe("verify --cosign-tags", () => {
  it("finds a signature that the target lacks", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { signed } = await signedIndex(bench.repository(server, "app"));
    const places = [`${server.address}/app:v1`, `${server.address}/mirror:v1`];
    await bench.run(["copy", ...places]);
    expect(await bench.run(["verify", ...places])).toMatchObject({ code: 0 });
    const differs = await bench.run(["verify", "--cosign-tags", ...places]);
    expect(differs.code).toBe(3);
    for (const tag of signed) expect(differs.stdout + differs.stderr).toContain(tag);
    await bench.run(["copy", "--cosign-tags", ...places]);
    expect(await bench.run(["verify", "--cosign-tags", ...places])).toMatchObject({ code: 0 });
  });
});
