import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { digestOf, OCI_INDEX } from "@tranship/core";
import { describe, expect, it } from "vitest";
import type { AcrFake } from "../acr/acr-fake.ts";
import { acrRequest } from "../acr/acr-request.ts";
import { HELLO, pushHello, V1 } from "../acr/hello-world.ts";
import { pushImage, type SampleImage } from "../acr/push-image.ts";
import { SAMPLES } from "../acr/samples/samples.ts";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";
import { EXAMPLES, runExample } from "./run-example.ts";
import { ServedRegistries } from "./served-registries.ts";

/** What `test/acr/samples` runs beside Azure's clients. */
const OF_AZURE = SAMPLES.map(({ name }) => name);

describe("examples/", () => {
  it("has a program for each sample of Azure's client, and those that are tested here", () => {
    const programs = globSync("*.ts", { cwd: EXAMPLES }).map((file) => file.replace(/\.ts$/, ""));
    expect(programs.toSorted()).toEqual([...OF_AZURE, "copy-image", "copy-versions", "promote-release"].toSorted());
  });

  it.each([
    ["list-repositories", "CONTAINERREGISTRY_ENDPOINT"],
    ["anonymous-tags", "CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT"],
  ])("%s says that %s is missing", async (name, variable) => {
    await expect(runExample(name, { home: tmpdir() })).rejects.toThrow(`Expected the registry's URL in ${variable}: `);
  });
});

describe("the samples of Azure's client", () => {
  const run = (name: string, fake: AcrFake) => runExample(name, { home: tmpdir(), environment: fake.environment });

  it.each([
    ["list-repositories", "Expected a locked image in HOST/library/hello-world"],
    [
      "set-properties",
      "Expected an image at HOST/library/hello-world:v2, which this program works on: nothing is there",
    ],
    ["image", "Expected an image at HOST/library/hello-world:v1, which this program works on: nothing is there"],
    [
      "delete-blobs",
      "Expected a single image at HOST/library/hello-world:latest, which this program works on: an index is there",
    ],
  ])("%s says in a line what the repository lacks, and changes nothing", async (name, sentence) => {
    await using fake = await startAcrFake();
    await pushImage(fake, HELLO, V1, [name === "image" ? "v0" : "v1"]);
    await pushImage(fake, HELLO, indexOf(V1), ["latest"]);
    const already = fake.requests.length;
    const line = `: ${name}: ${sentence.replace("HOST", fake.host)}\n`;
    await expect(run(name, fake)).rejects.toThrow(
      expect.objectContaining({ message: expect.toSatisfy((message: string) => message.endsWith(`"${line}`)) }),
    );
    const ofRegistry = fake.requests
      .slice(already)
      .filter(({ server, path }) => server === "registry" && !path.startsWith("/oauth2/"));
    expect(ofRegistry.filter(({ method }) => method !== "GET" && method !== "HEAD")).toEqual([]);
  });

  it.each([
    ["the image", "PUT", "/manifests/v1"],
    ["the tag", "DELETE", "/_tags/v2"],
    ["the repository", "POST", "/blobs/uploads/"],
  ])("set-properties leaves no lock on %s where it fails half-way", async (_, method, end) => {
    await using fake = await startAcrFake();
    await pushHello(fake);
    fake.behaviour.intercept = async (request, next) =>
      request.method === method && request.path.endsWith(end) ? { status: 505 } : next();
    await expect(run("set-properties", fake)).rejects.toThrow(/": set-properties: Cannot [^\n]+\(505\)\n$/);
    for (const place of ["", `/_manifests/${V1.digest}`, "/_tags/v2"]) {
      const { body } = await acrRequest(fake, `/acr/v1/${HELLO}${place}`);
      expect(body.toString()).not.toMatch(/"(?:write|delete)Enabled":false/);
      expect(body.toString()).toMatch(/"writeEnabled":true/);
    }
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

describe("copy-versions", () => {
  it("copies the newest versions in the range, from the mirror where the registry cannot answer", async () => {
    await using registries = await ServedRegistries.open();
    const down = await registries.start(async () => ({ status: 503, headers: { "retry-after": "600" } }));
    const [mirror, to] = [await registries.start(), await registries.start()];
    const sample = sampleIndex();
    const source = registries.repository(mirror, "copy/app");
    const { digest } = await seed(source, sample, "1.4.0");
    for (const tag of ["1.4.1", "1.5.0", "2.0.0", "edge"]) await source.tag(await source.resolve(digest), tag);
    const args = [`${down.address}/app`, `${mirror.address}/copy/app`, `${to.address}/app`, ">=1.4 <2", "2"];
    expect(await runExample("copy-versions", { args, home: registries.home })).toEqual({ tags: ["1.5.0", "1.4.1"] });
    const target = registries.repository(to, "app");
    expect(await Array.fromAsync(target.tags())).toEqual(["1.4.1", "1.5.0"]);
    expect((await target.resolve("1.5.0")).digest).toBe(digest);
  });
});

/** An index with that image alone. */
function indexOf({ mediaType, digest, manifest }: SampleImage): SampleImage {
  const manifests = [{ mediaType, digest, size: manifest.length }];
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  return { mediaType: OCI_INDEX, manifest: bytes, digest: digestOf(bytes), blobs: [] };
}
