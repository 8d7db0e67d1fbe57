import { describe, expect, it } from "vitest";
import { type ClientSetup, clientSetup } from "../../../../../test/support/client-setup.ts";
import { type Script, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { OCI_CONFIG, OCI_EMPTY, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "../../content/media-types.ts";
import type { RegistryClient } from "../registry-client.ts";

/** Puts an image that was built then; its layer has 100 bytes. */
async function putImage(client: RegistryClient, created: string | undefined, tag?: string, architecture = "amd64") {
  const layer = await client.uploadBlob("app", Buffer.alloc(100, "l"));
  const document = Buffer.from(JSON.stringify({ created, architecture, os: "linux" }));
  const config = await client.uploadBlob("app", document);
  const manifest = await client.setManifest(
    "app",
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: OCI_CONFIG, ...config },
      layers: [{ mediaType: OCI_LAYER, ...layer }],
    },
    { tag },
  );
  return { ...manifest, sizeInBytes: config.size + layer.size };
}

interface Filled extends ClientSetup {
  readonly amd64: Awaited<ReturnType<typeof putImage>>;
  readonly arm64: Awaited<ReturnType<typeof putImage>>;
  readonly old: Awaited<ReturnType<typeof putImage>>;
  readonly index: { readonly digest: string };
}

/** `multi` and `latest`: an index of two images without tags; `old`: an older image; `artifact`: one without a date. */
async function filled(script?: Script): Promise<Filled> {
  const setup = await clientSetup(script);
  const { client } = setup;
  const amd64 = await putImage(client, "2024-05-01T10:00:00.123456789Z");
  const arm64 = await putImage(client, "2024-05-01T11:00:00Z", undefined, "arm64");
  const old = await putImage(client, "2020-01-01T00:00:00+02:00", "old");
  const platform = (architecture: string) => ({ platform: { os: "linux", architecture } });
  const list = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [
      { ...pick(amd64), ...platform("amd64") },
      { ...pick(arm64), ...platform("arm64") },
      { mediaType: OCI_MANIFEST, digest: sha256(Buffer.from("not there")), size: 9, ...platform("s390x") },
    ],
  };
  const index = await client.setManifest("app", list, { tag: "multi" });
  await client.setManifest("app", list, { tag: "latest" });
  const empty = { mediaType: OCI_EMPTY, digest: sha256(Buffer.from("{}")), size: 2 };
  const artifact = { schemaVersion: 2, artifactType: "text/x-note", config: empty, layers: [empty] };
  await client.setManifest("app", artifact, { tag: "artifact" });
  setup.server.log.length = 0;
  return { ...setup, amd64, arm64, old, index, [Symbol.asyncDispose]: () => setup[Symbol.asyncDispose]() };
}

function pick({ digest, mediaType, size }: { digest: string; mediaType: string; size: number }) {
  return { digest, mediaType, size };
}

describe("getManifestProperties() of any registry", () => {
  it("says platform, size and date of an image from its config, and its tags", async () => {
    await using setup = await filled();
    const { client, server, old } = setup;
    expect(await client.getManifestProperties("app", "old")).toEqual({
      registryLoginServer: server.host,
      repositoryName: "app",
      digest: old.digest,
      mediaType: OCI_MANIFEST,
      configMediaType: OCI_CONFIG,
      sizeInBytes: old.sizeInBytes,
      createdOn: new Date("2019-12-31T22:00:00Z"),
      architecture: "amd64",
      operatingSystem: "linux",
      tags: ["old"],
      relatedArtifacts: [],
    });
    // Manifest and config, the list of tags, and each of its four tags.
    expect(server.log).toHaveLength(2 + 1 + 4);
  });

  it("says of an index what it lists, and the date of its first image", async () => {
    await using setup = await filled();
    const { client, index, amd64, arm64 } = setup;
    const properties = await client.getManifestProperties("app", index.digest);
    expect(properties.sizeInBytes ?? properties.architecture).toBeUndefined();
    expect(properties).toMatchObject({
      digest: index.digest,
      createdOn: new Date("2024-05-01T10:00:00.123Z"),
      tags: ["multi", "latest"],
      relatedArtifacts: [
        { digest: amd64.digest, architecture: "amd64", operatingSystem: "linux" },
        { digest: arm64.digest, architecture: "arm64", operatingSystem: "linux" },
        { architecture: "s390x" },
      ],
    });
  });

  it("takes no attestation for an index's first image", async () => {
    await using setup = await clientSetup();
    const { client } = setup;
    const unknown = { platform: { os: "unknown", architecture: "unknown" } };
    const attestation = { ...pick(await putImage(client, "2001-01-01T00:00:00Z")), ...unknown };
    const image = pick(await putImage(client, "2002-02-02T00:00:00Z"));
    await client.setManifest("app", { schemaVersion: 2, manifests: [attestation, image] }, { tag: "v1" });
    expect((await client.getTagProperties("app", "v1")).createdOn).toEqual(new Date("2002-02-02T00:00:00Z"));
  });

  it("takes the annotation's date before the config's, and none for the year 1", async () => {
    await using setup = await clientSetup();
    const { client } = setup;
    await putImage(client, "0001-01-01T00:00:00Z", "unset");
    expect((await client.getTagProperties("app", "unset")).createdOn).toBeUndefined();
    const { manifest } = await client.getManifest("app", "unset");
    const annotations = { "org.opencontainers.image.created": "2023-01-02T03:04:05Z" };
    await client.setManifest("app", { ...manifest, annotations }, { tag: "annotated" });
    expect((await client.getTagProperties("app", "annotated")).createdOn).toEqual(new Date("2023-01-02T03:04:05Z"));
  });

  it("says MANIFEST_UNKNOWN where there is none", async () => {
    await using setup = await filled();
    await expect(setup.client.getManifestProperties("app", "none")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });
});

describe("listManifestProperties() of any registry", () => {
  it("lists what is tagged, then what indexes list, each once with its tags", async () => {
    await using setup = await filled();
    const { client, amd64, arm64, old, index } = setup;
    const listed = await Array.fromAsync(client.listManifestProperties("app"));
    expect(listed.map(({ digest, tags }) => [digest, tags])).toEqual([
      [old.digest, ["old"]],
      [index.digest, ["multi", "latest"]],
      [expect.any(String), ["artifact"]],
      [amd64.digest, []],
      [arm64.digest, []],
    ]);
    expect(listed.map(({ architecture }) => architecture)).toEqual(["amd64", undefined, undefined, "amd64", "arm64"]);
  });

  it("orders by date, what has none last, in pages that can be gone on from", async () => {
    await using setup = await filled();
    const { client, amd64, arm64, old, index } = setup;
    const list = client.listManifestProperties("app", { orderBy: "LastUpdatedOnDescending" });
    const pages = await Array.fromAsync(list.byPage({ maxPageSize: 2 }));
    const digests = pages.map((page) => page.map(({ digest }) => digest));
    expect(digests).toEqual([[arm64.digest, index.digest], [amd64.digest, old.digest], [expect.any(String)]]);
    expect(pages.map(({ last }) => last)).toEqual([index.digest, old.digest, undefined]);
    const rest = await Array.fromAsync(list.byPage({ last: old.digest }));
    expect(rest.map((page) => page.map(({ tags }) => tags))).toEqual([[["artifact"]]]);
  });
});

describe("listTagProperties() of any registry", () => {
  it("gives each tag's digest, page by page as they are asked for", async () => {
    await using setup = await filled(({ path }) => {
      const asked = new URL(path, "http://registry");
      if (asked.pathname !== "/v2/app/tags/list" || !asked.searchParams.has("n")) return undefined;
      const last = asked.searchParams.get("last");
      if (last === "latest") return { status: 200, body: '{"tags":[]}' };
      return last === null
        ? {
            status: 200,
            headers: { link: '</v2/app/tags/list?n=2&last=multi>; rel="next"' },
            body: '{"tags":["old","multi"]}',
          }
        : { status: 200, body: '{"tags":["gone","latest"]}' };
    });
    const { client, server, old, index } = setup;
    const pages = await Array.fromAsync(client.listTagProperties("app").byPage({ maxPageSize: 2 }));
    expect(pages.map((page) => page.map(({ name, digest }) => [name, digest]))).toEqual([
      [
        ["old", old.digest],
        ["multi", index.digest],
      ],
      [["latest", index.digest]],
    ]);
    expect(pages.map(({ last }) => last)).toEqual(["multi", "latest"]);
    expect(server.log.filter((line) => line.startsWith("HEAD "))).toHaveLength(4);
    expect(server.log[0]).toBe("GET /v2/app/tags/list?n=2");
    server.log.length = 0;
    for await (const [tag] of client.listTagProperties("app").byPage({ maxPageSize: 2 })) {
      expect(tag?.name).toBe("old");
      break;
    }
    expect(server.log).toHaveLength(3);
  });

  it("orders by the date of the images", async () => {
    await using setup = await filled();
    const tags = setup.client.listTagProperties("app", { orderBy: "LastUpdatedOnAscending" });
    const listed = await Array.fromAsync(tags);
    expect(listed.map(({ name }) => name)).toEqual(["old", "multi", "latest", "artifact"]);
    expect(listed.map(({ createdOn }) => createdOn?.getUTCFullYear())).toEqual([2019, 2024, 2024, undefined]);
  });

  it("refuses an order that there is not, before anything is sent", async () => {
    await using setup = await filled();
    const { client, server } = setup;
    const asked = server.log.length;
    const orderBy = "newest" as "LastUpdatedOnAscending";
    expect(() => client.listTagProperties("app", { orderBy })).toThrow(TypeError);
    expect(() => client.listManifestProperties("app", { orderBy })).toThrow(TypeError);
    expect(server.log).toHaveLength(asked);
  });

  it("ends with the failure of one tag, when nothing runs any more", async () => {
    let open = 0;
    await using setup = await filled(({ method, path }) =>
      method !== "PUT" && path.endsWith("/multi") ? { status: 403 } : undefined,
    );
    await expect(
      Array.fromAsync(setup.client.listTagProperties("app", { onExchange: () => (open += 1) })),
    ).rejects.toMatchObject({ code: "DENIED" });
    expect(open).toBe(setup.server.log.length);
  });
});

describe("getRepositoryProperties() of any registry", () => {
  it("says that it is the properties that can't be read", async () => {
    await using setup = await clientSetup(() => ({ status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' }));
    await expect(setup.client.getRepositoryProperties("no/such")).rejects.toMatchObject({
      code: "NAME_UNKNOWN",
      message: expect.stringMatching(/^Cannot read the properties of ".*\/no\/such": (?!.*list)/),
    });
  });

  it("counts the tags", async () => {
    await using setup = await filled();
    expect(await setup.client.getRepositoryProperties("app")).toEqual({
      registryLoginServer: setup.server.host,
      name: "app",
      tagCount: 4,
    });
  });
});
