import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { SAMPLES } from "../acr/samples/samples.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";
import { EXAMPLES, runExample } from "./run-example.ts";
import { ServedRegistries } from "./served-registries.ts";

/** What `test/acr/samples` runs beside Azure's clients. */
const OF_AZURE = SAMPLES.map(({ name }) => name);

describe("examples/", () => {
  it("has a program for each sample of Azure's client, and those that are tested here", () => {
    const programs = globSync("*.ts", { cwd: EXAMPLES }).map((file) => file.replace(/\.ts$/, ""));
    expect(programs.toSorted()).toEqual([...OF_AZURE, "copy-image", "promote-release"].toSorted());
  });

  it.each([
    ["list-repositories", "CONTAINERREGISTRY_ENDPOINT"],
    ["anonymous-tags", "CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT"],
  ])("%s says that %s is missing", async (name, variable) => {
    await expect(runExample(name, { home: tmpdir() })).rejects.toThrow(`Expected the registry's URL in ${variable}: `);
  });
});

describe("copy-image", () => {
  it("copies an image and prints what it did", async () => {
    await using registries = await ServedRegistries.open();
    const [from, to] = [await registries.start(), await registries.start()];
    const sample = sampleIndex();
    const { digest } = await seed(registries.repository(from, "app"), sample, "v1");
    const args = [`${from.address}/app:v1`, `${to.address}/mirror/app:v1`];
    const result = await runExample("copy-image", { args, home: registries.home });
    const count = sample.blobs.length + sample.manifests.length;
    expect(result).toMatchObject({ outcome: "copied", digest, moved: { count }, skipped: { count: 0 } });
    expect((await registries.repository(to, "mirror/app").resolve("v1")).digest).toBe(digest);
  });

  it("says what it expects", async () => {
    await expect(runExample("copy-image", { args: ["a.example/b"], home: tmpdir() })).rejects.toThrow(
      "Expected: copy-image.ts SOURCE TARGET",
    );
  });
});
