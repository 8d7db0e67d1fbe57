import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AcrClient, DigestMismatchError, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "@tranship/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AcrFake } from "./acr-fake.ts";
import { startAcrFake } from "./start-acr-fake.ts";

const MIB = 1024 * 1024;

let fake: AcrFake;
let client: AcrClient;
let anonymous: AcrClient;

beforeAll(async () => {
  fake = await startAcrFake({ pageSize: 2, bodyLimit: 5 * MIB });
  const tls = { ca: [await readFile(fake.caFile, "utf8")] };
  const retry = { baseDelayMs: 1 };
  const credentials = { kind: "basic", username: fake.adminUser, password: fake.adminPassword } as const;
  client = new AcrClient({ host: fake.url, tls, retry, credentials });
  anonymous = new AcrClient({ host: fake.url, tls, retry });
});

afterAll(async () => {
  await client.close();
  await anonymous.close();
  await fake.close();
});

beforeEach(() => {
  fake.requests.length = 0;
  Object.assign(fake.behaviour, { pages: "end", manifestDigest: "right", blobs: "intact", throttled: 0 });
});

/** Puts an image with a layer of its own. */
async function putImage(repository: string, tag?: string, architecture = "amd64") {
  const layer = await client.uploadBlob(repository, randomBytes(100));
  const config = await client.uploadBlob(repository, Buffer.from(JSON.stringify({ architecture, os: "linux" })));
  const manifest = await client.setManifest(
    repository,
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: OCI_CONFIG, ...config },
      layers: [{ mediaType: OCI_LAYER, ...layer }],
    },
    { tag },
  );
  return { ...manifest, layer, config };
}

describe("AcrClient on the fake", () => {
  it("uploads a stream over the body limit in chunks, and downloads it from the other origin", async () => {
    const bytes = randomBytes(9 * MIB);
    async function* stream(): AsyncGenerator<Uint8Array, void, void> {
      for (let at = 0; at < bytes.length; at += MIB) yield bytes.subarray(at, at + MIB);
    }
    const uploaded = await client.uploadBlob("big", stream());
    const uploads = fake.requests.filter(({ path, status }) => path.includes("/uploads/") && status !== 401);
    expect(uploads.map(({ method }) => method)).toEqual(["POST", ...Array.from({ length: 3 }, () => "PATCH"), "PUT"]);
    const download = await client.downloadBlob("big", uploaded.digest);
    expect(download.size).toBe(bytes.length);
    expect(Buffer.concat(await Array.fromAsync(download)).equals(bytes)).toBe(true);
    const stored = fake.requests.filter(({ server }) => server === "storage");
    expect(stored.map(({ auth, status }) => [auth, status])).toEqual([["none", 200]]);
    fake.behaviour.blobs = "altered";
    const altered = await client.downloadBlob("big", uploaded.digest);
    await expect(Array.fromAsync(altered)).rejects.toBeInstanceOf(DigestMismatchError);
  });

  it("lists repositories page by page", async () => {
    for (const name of ["list/a", "list/b", "list/c"]) await putImage(name, "v1");
    const names = await Array.fromAsync(client.listRepositoryNames());
    expect(names.filter((name) => name.startsWith("list/"))).toEqual(["list/a", "list/b", "list/c"]);
    const [page] = await Array.fromAsync(client.listRepositoryNames().byPage({ maxPageSize: 3, last: "list/a" }));
    expect(page?.slice(0, 2)).toEqual(["list/b", "list/c"]);
  });

  it("shows and changes what may be done with a repository, a manifest and a tag; what is locked refuses", async () => {
    const { digest } = await putImage("locked", "v1");
    const open = { canDelete: true, canWrite: true, canList: true, canRead: true };
    const before = await client.getRepositoryProperties("locked");
    expect(before).toMatchObject({
      registryLoginServer: fake.host,
      name: "locked",
      manifestCount: 1,
      tagCount: 1,
      ...open,
    });
    expect(before.createdOn).toBeInstanceOf(Date);

    expect(await client.updateRepositoryProperties("locked", { canDelete: false })).toMatchObject({
      ...open,
      canDelete: false,
    });
    await expect(client.deleteRepository("locked")).rejects.toMatchObject({ code: "UNSUPPORTED", status: 405 });
    await client.updateRepositoryProperties("locked", { canDelete: true });

    expect(await client.updateTagProperties("locked", "v1", { canDelete: false, canWrite: false })).toMatchObject({
      name: "v1",
      digest,
      canDelete: false,
      canWrite: false,
      canRead: true,
    });
    await expect(client.deleteTag("locked", "v1")).rejects.toMatchObject({ code: "UNSUPPORTED", status: 405 });
    await expect(putImage("locked", "v1")).rejects.toMatchObject({ status: 405 });
    expect(await client.getTagProperties("locked", "v1")).toMatchObject({ digest, canWrite: false });

    expect(await client.updateManifestProperties("locked", "v1", { canDelete: false })).toMatchObject({
      digest,
      canDelete: false,
    });
    await client.updateTagProperties("locked", "v1", { canDelete: true, canWrite: true });
    await expect(client.deleteManifest("locked", digest)).rejects.toMatchObject({ code: "UNSUPPORTED", status: 405 });
    await client.updateManifestProperties("locked", digest, { canDelete: true });
    expect(await client.deleteManifest("locked", "v1")).toBe(true);
    // The last manifest took the repository with it.
    expect(await client.deleteRepository("locked")).toBe(false);
    await putImage("locked", "v2");
    expect(await client.deleteRepository("locked")).toBe(true);
    expect(await client.deleteRepository("locked")).toBe(false);
  });

  it("lists manifests by when they were updated, tagged or not", async () => {
    const amd64 = await putImage("ordered");
    const arm64 = await putImage("ordered", undefined, "arm64");
    const entry = ({ digest, mediaType, size }: typeof amd64, architecture: string) => ({
      ...{ digest, mediaType, size },
      platform: { os: "linux", architecture },
    });
    const manifests = [entry(amd64, "amd64"), entry(arm64, "arm64")];
    const index = await client.setManifest(
      "ordered",
      { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
      { tag: "v1" },
    );
    await client.setManifest("ordered", (await client.getManifest("ordered", "v1")).bytes, { tag: "v2" });
    const newest = await Array.fromAsync(
      client.listManifestProperties("ordered", { orderBy: "LastUpdatedOnDescending" }),
    );
    const oldest = await Array.fromAsync(
      client.listManifestProperties("ordered", { orderBy: "LastUpdatedOnAscending" }),
    );
    expect(newest.map(({ digest }) => digest)).toEqual([index.digest, arm64.digest, amd64.digest]);
    expect(oldest).toEqual(newest.toReversed());
    expect(newest.map(({ tags }) => tags)).toEqual([["v1", "v2"], [], []]);
    expect(newest[1]).toMatchObject({
      architecture: "arm64",
      operatingSystem: "linux",
      sizeInBytes: arm64.layer.size + arm64.config.size,
      mediaType: OCI_MANIFEST,
      configMediaType: OCI_CONFIG,
    });
    expect(newest[0]?.relatedArtifacts.map(({ architecture }) => architecture)).toEqual(["amd64", "arm64"]);
    expect(await client.getManifestProperties("ordered", "v2")).toEqual(newest[0]);
  });

  it("lists tags with their digests, one request a page", async () => {
    const digests = new Map<string, string>();
    for (const tag of ["v1", "v2", "v3"]) digests.set(tag, (await putImage("tagged", tag)).digest);
    fake.requests.length = 0;
    const tags = await Array.fromAsync(client.listTagProperties("tagged", { orderBy: "LastUpdatedOnDescending" }));
    expect(tags.map(({ name, digest }) => [name, digest])).toEqual([...digests].toReversed());
    expect(fake.requests.filter(({ path, status }) => path.startsWith("/acr/v1/") && status === 200)).toHaveLength(2);
    expect(await client.deleteTag("tagged", "v2")).toBe(true);
    expect(await client.deleteTag("tagged", "v2")).toBe(false);
    expect(await Array.fromAsync(client.listTags("tagged"))).toEqual(["v1", "v3"]);
    expect((await client.getManifest("tagged", digests.get("v2") ?? "")).digest).toBe(digests.get("v2"));
  });

  it("reads without credentials what is open to all, and nothing else", async () => {
    await putImage("public", "v1");
    expect((await anonymous.getManifest("public", "v1")).mediaType).toBe(OCI_MANIFEST);
    expect((await Array.fromAsync(anonymous.listTagProperties("public"))).map(({ name }) => name)).toEqual(["v1"]);
    await expect(anonymous.updateTagProperties("public", "v1", { canDelete: false })).rejects.toMatchObject({
      status: 401,
    });
    await expect(anonymous.deleteRepository("public")).rejects.toMatchObject({ status: 401 });
  });

  it("goes on after throttling, and says clearly what a broken registry does", async () => {
    await putImage("broken", "v1");
    await putImage("broken", "v2");
    await putImage("broken", "v3");
    fake.behaviour.throttled = 2;
    expect(await client.getRepositoryProperties("broken")).toMatchObject({ tagCount: 3 });
    fake.behaviour.pages = "loop";
    await expect(Array.fromAsync(client.listTagProperties("broken"))).rejects.toMatchObject({
      code: "PROTOCOL",
      url: `${fake.url}/acr/v1/broken/_tags`,
    });
    fake.behaviour.manifestDigest = "wrong";
    await expect(client.getManifest("broken", "v1")).rejects.toBeInstanceOf(DigestMismatchError);
  });

  it("goes on by Range where a download was cut", async () => {
    const bytes = randomBytes(2 * MIB);
    const { digest } = await client.uploadBlob("cut", bytes);
    let cuts = 0;
    fake.behaviour.blobs = "cut";
    const download = await client.downloadBlob("cut", digest, {
      onRetry: () => {
        cuts += 1;
        fake.behaviour.blobs = "intact";
      },
    });
    expect(Buffer.concat(await Array.fromAsync(download)).equals(bytes)).toBe(true);
    expect(cuts).toBe(1);
  });
});
