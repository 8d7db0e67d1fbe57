import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { clientSetup } from "../../../../test/support/client-setup.ts";
import { steps } from "../../../../test/support/scripted-blobs.ts";
import { failed, sha256 } from "../../../../test/support/scripted-registry.ts";
import { OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from "../content/media-types.ts";
import { digestOf } from "../digest/digest.ts";
import { DigestMismatchError } from "../errors/errors.ts";
import type { ManifestContent } from "./set-manifest.ts";

const EMPTY = { mediaType: OCI_EMPTY, digest: sha256(Buffer.from("{}")), size: 2 };
const DOCUMENT = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: EMPTY, layers: [EMPTY], "x-own": true };
const BYTES = Buffer.from(JSON.stringify(DOCUMENT));

describe("setManifest()", () => {
  it("puts bytes as they are, under a tag", async () => {
    await using setup = await clientSetup();
    const spaced = Buffer.from(JSON.stringify(DOCUMENT, undefined, 2));
    const stored = await setup.client.setManifest("app", spaced, { tag: "v1" });
    expect(stored).toEqual({ digest: sha256(spaced), mediaType: OCI_MANIFEST, size: spaced.length });
    expect(setup.server.manifests.get("app:v1")).toEqual({ mediaType: OCI_MANIFEST, bytes: spaced });
    expect(steps(setup.server)).toEqual(["PUT manifests"]);
  });

  it("puts a document with all its fields, under its digest where no tag is given", async () => {
    await using setup = await clientSetup();
    const { digest } = await setup.client.setManifest("app", DOCUMENT);
    expect(setup.server.log).toEqual([`PUT /v2/app/manifests/${sha256(BYTES)}`]);
    expect(setup.server.manifests.get(`app@${digest}`)?.bytes).toEqual(BYTES);
  });

  it("puts what getManifest() gave, changed", async () => {
    await using setup = await clientSetup();
    await setup.client.setManifest("app", BYTES, { tag: "v1" });
    const { manifest } = await setup.client.getManifest("app", "v1");
    await setup.client.setManifest("app", { ...manifest, annotations: { a: "b" } }, { tag: "v2" });
    const { manifest: changed, bytes } = await setup.client.getManifest("app", "v2");
    expect(changed).toEqual({ ...manifest, annotations: { a: "b" } });
    expect(JSON.parse(Buffer.from(bytes).toString())).not.toHaveProperty("kind");
  });

  it("takes the media type of one that does not say it from the caller, else from its fields", async () => {
    await using setup = await clientSetup();
    expect(await setup.client.setManifest("app", { schemaVersion: 2, manifests: [] })).toMatchObject({
      mediaType: OCI_INDEX,
    });
    const docker = "application/vnd.docker.distribution.manifest.v2+json";
    const { mediaType: _, ...document } = DOCUMENT;
    expect(await setup.client.setManifest("app", document, { mediaType: docker })).toMatchObject({ mediaType: docker });
  });

  it("refuses a media type that is not the document's own", async () => {
    await using setup = await clientSetup();
    await expect(setup.client.setManifest("app", DOCUMENT, { mediaType: OCI_INDEX })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    await expect(setup.client.setManifest("app", DOCUMENT, { mediaType: "text/plain" })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: expect.stringContaining(`it says "${OCI_MANIFEST}", but "text/plain" is expected`),
    });
    expect(setup.server.log).toEqual([]);
  });

  it.each([
    ["text", JSON.stringify(DOCUMENT)],
    ["a stream", Readable.from([BYTES])],
    ["a list", [DOCUMENT]],
    ["nothing", undefined],
    ["a document without JSON", { ...DOCUMENT, size: 1n }],
  ])("refuses %s", async (_, content) => {
    await using setup = await clientSetup();
    const putting = setup.client.setManifest("app", content as ManifestContent);
    await expect(putting).rejects.toThrow(TypeError);
    await expect(putting).rejects.toThrow(/^Cannot push a manifest to ".+\/app": (expected|the document)/);
    expect(setup.server.log).toEqual([]);
  });

  it("puts it under a digest of sha512 where that is given", async () => {
    await using setup = await clientSetup(async (request) => {
      await request.body();
      return { status: 201 };
    });
    const digest = digestOf(BYTES, "sha512");
    expect(await setup.client.setManifest("app", BYTES, { digest })).toMatchObject({ digest });
    expect(setup.server.log).toEqual([`PUT /v2/app/manifests/${digest}`]);
  });

  it("refuses one of another digest, no manifest and a bad tag before anything is sent", async () => {
    await using setup = await clientSetup();
    const { client, server } = setup;
    const putting = client.setManifest("app", BYTES, { digest: EMPTY.digest });
    await expect(putting).rejects.toBeInstanceOf(DigestMismatchError);
    await expect(putting).rejects.toMatchObject({ expected: EMPTY.digest, actual: sha256(BYTES) });
    await expect(client.setManifest("app", Buffer.from("{}"))).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: expect.stringContaining(`Cannot push a manifest to "${server.host}/app": `),
    });
    await expect(client.setManifest("app", BYTES, { tag: "a/b" })).rejects.toThrow(SyntaxError);
    await expect(client.setManifest("App", BYTES)).rejects.toThrow(SyntaxError);
    expect(server.log).toEqual([]);
  });
});

describe("getManifest()", () => {
  it("gives the document, parsed and as it came", async () => {
    await using setup = await clientSetup();
    await setup.client.setManifest("app", BYTES, { tag: "v1" });
    const got = await setup.client.getManifest("app", "v1");
    expect(got).toMatchObject({ digest: sha256(BYTES), mediaType: OCI_MANIFEST, size: BYTES.length });
    expect(Buffer.from(got.bytes)).toEqual(BYTES);
    expect(got.manifest).toEqual({ kind: "image", mediaType: OCI_MANIFEST, config: EMPTY, layers: [EMPTY] });
    expect(await setup.client.getManifest("app", got.digest)).toEqual(got);
  });

  it("says which digest came in place of which, and whence, without the query", async () => {
    await using setup = await clientSetup(({ method, path }) =>
      method === "GET" && !path.includes("moved")
        ? { status: 307, headers: { location: `http://${setup.server.host}/moved?sig=secret` } }
        : { status: 200, headers: { "content-type": OCI_MANIFEST }, body: BYTES },
    );
    const getting = setup.client.getManifest("app", EMPTY.digest);
    await expect(getting).rejects.toBeInstanceOf(DigestMismatchError);
    await expect(getting).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      expected: EMPTY.digest,
      actual: sha256(BYTES),
      url: `http://${setup.server.host}/moved`,
    });
  });

  it("names what was read where a page of a proxy came in its place", async () => {
    const page = { status: 200, headers: { "content-type": "text/html" }, body: "<html>log in</html>" };
    await using setup = await clientSetup(() => page);
    await expect(setup.client.getManifest("app", "v1")).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: expect.stringContaining(`Cannot read manifest "v1" of "${setup.server.host}/app": it is no JSON`),
    });
  });

  it("says MANIFEST_UNKNOWN where there is none", async () => {
    await using setup = await clientSetup();
    await expect(setup.client.getManifest("app", "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });
});

describe("delete…()", () => {
  it("deleteManifest() deletes by digest, also where a tag names it, and says whether it was there", async () => {
    await using setup = await clientSetup();
    const { client, server } = setup;
    await client.setManifest("app", BYTES, { tag: "v1" });
    await client.setManifest("app", BYTES, { tag: "v2" });
    expect(await client.deleteManifest("app", "v1")).toBe(true);
    expect(server.manifests.size).toBe(0);
    expect(server.log.slice(2)).toEqual(["HEAD /v2/app/manifests/v1", `DELETE /v2/app/manifests/${sha256(BYTES)}`]);
    expect(await client.deleteManifest("app", "v1")).toBe(false);
    expect(await client.deleteManifest("app", sha256(BYTES))).toBe(false);
  });

  it("deleteBlob() says whether it was there", async () => {
    await using setup = await clientSetup();
    setup.server.blobs.set(`app@${EMPTY.digest}`, Buffer.from("{}"));
    expect(await setup.client.deleteBlob("app", EMPTY.digest)).toBe(true);
    expect(await setup.client.deleteBlob("app", EMPTY.digest)).toBe(false);
  });

  it("deleteTag() keeps the other tags, or refuses", async () => {
    await using setup = await clientSetup();
    const { client, server } = setup;
    await client.setManifest("app", BYTES, { tag: "v1" });
    await client.setManifest("app", BYTES, { tag: "v2" });
    await expect(client.deleteTag("app", "v1")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('"v2"'),
    });
    expect([...server.manifests.keys()].filter((key) => key.startsWith("app:"))).toEqual(["app:v1", "app:v2"]);
    expect(await client.deleteTag("app", "v3")).toBe(false);
  });

  it.each(["deleteManifest", "deleteBlob"] as const)("%s() says UNSUPPORTED where it is switched off", async (name) => {
    await using setup = await clientSetup(({ method }) =>
      method === "DELETE" ? failed(405, "UNSUPPORTED") : undefined,
    );
    await expect(setup.client[name]("app", EMPTY.digest)).rejects.toMatchObject({ code: "UNSUPPORTED", status: 405 });
  });

  it("deleteRepository() and the updates say that only ACR can, without a request", async () => {
    await using setup = await clientSetup();
    const { client, server } = setup;
    const none = { code: "UNSUPPORTED", message: expect.stringContaining("only Azure Container Registry") };
    await expect(client.deleteRepository("app")).rejects.toMatchObject(none);
    await expect(client.updateRepositoryProperties("app", { canDelete: false })).rejects.toMatchObject(none);
    await expect(client.updateManifestProperties("app", "v1", { canDelete: false })).rejects.toMatchObject(none);
    await expect(client.updateTagProperties("app", "v1", { canDelete: false })).rejects.toMatchObject(none);
    expect(server.log).toEqual([]);
  });
});
