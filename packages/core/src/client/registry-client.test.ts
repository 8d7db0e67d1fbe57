import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { serveFolder } from "../../../../test/serve/folder-server.ts";
import { clientSetup } from "../../../../test/support/client-setup.ts";
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from "../content/media-types.ts";
import { RegistryClient } from "./registry-client.ts";

describe("RegistryClient", () => {
  it("does everything on a registry that keeps it on disk", async () => {
    await using folder = await serveFolder();
    await using client = new RegistryClient(folder.url);
    expect(client.host).toBe(folder.server.address);
    const bytes = randomBytes(300_000);
    const layer = await client.uploadBlob("team/app", bytes, { chunkSize: 100_000 });
    const config = await client.uploadBlob("team/app", Buffer.from('{"architecture":"arm64","os":"linux"}'));
    const document = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: OCI_CONFIG, ...config },
      layers: [{ mediaType: OCI_LAYER, ...layer }],
    };
    const { digest } = await client.setManifest("team/app", document, { tag: "v1" });
    await client.setManifest("team/app", document, { tag: "v2" });

    expect(await Array.fromAsync(client.listRepositoryNames())).toEqual(["team/app"]);
    expect(await Array.fromAsync(client.listTags("team/app"))).toEqual(["v1", "v2"]);
    expect((await client.getManifest("team/app", "v1")).digest).toBe(digest);
    expect(Buffer.concat(await Array.fromAsync(await client.downloadBlob("team/app", layer.digest)))).toEqual(bytes);
    expect(await client.getManifestProperties("team/app", "v2")).toMatchObject({
      architecture: "arm64",
      tags: ["v1", "v2"],
      sizeInBytes: layer.size + config.size,
    });

    expect(await client.deleteTag("team/app", "v1")).toBe(true);
    expect(await Array.fromAsync(client.listTags("team/app"))).toEqual(["v2"]);
    expect(await client.deleteManifest("team/app", "v2")).toBe(true);
    await expect(client.getManifest("team/app", digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(await client.deleteBlob("team/app", layer.digest)).toBe(true);
    await expect(client.downloadBlob("team/app", layer.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("repository() is a store that shares what the client has", async () => {
    await using setup = await clientSetup();
    const { digest } = await setup.client.setManifest("app", { schemaVersion: 2, manifests: [] }, { tag: "v1" });
    expect(await setup.client.repository("app").resolve("v1")).toMatchObject({ digest });
  });

  it("lists by pages of the wanted length, and goes on after one", async () => {
    await using setup = await clientSetup(({ path }) => {
      const query = new URL(path, "http://registry").searchParams;
      const names = ["a", "b", "c", "d", "e"];
      const start = names.indexOf(query.get("last") ?? "") + 1;
      const page = names.slice(start, start + Number(query.get("n")));
      const more = start + page.length < names.length;
      const link = `</v2/_catalog?n=${query.get("n")}&last=${page.at(-1)}>; rel="next"`;
      return { status: 200, ...(more && { headers: { link } }), body: JSON.stringify({ repositories: page }) };
    });
    const list = setup.client.listRepositoryNames();
    const pages = await Array.fromAsync(list.byPage({ maxPageSize: 2 }));
    expect(pages.map((page) => [...page])).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(pages.map(({ last }) => last)).toEqual(["b", "d", undefined]);
    const [first] = await Array.fromAsync(list.byPage({ maxPageSize: 3, last: "b" }));
    expect([...(first ?? [])]).toEqual(["c", "d", "e"]);
    expect(await Array.fromAsync(list)).toEqual(["a", "b", "c", "d", "e"]);
    expect(await Array.fromAsync(list)).toHaveLength(5);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses pages of %s items", async (maxPageSize) => {
    await using setup = await clientSetup();
    const { client, server } = setup;
    const orderBy = "LastUpdatedOnAscending";
    const lists = [
      client.listTags("app"),
      client.listTagProperties("app"),
      client.listTagProperties("app", { orderBy }),
      client.listManifestProperties("app"),
    ];
    for (const list of lists) expect(() => list.byPage({ maxPageSize })).toThrow(RangeError);
    expect(server.log).toEqual([]);
  });

  it("refuses bad names, tags and digests before anything is sent", async () => {
    await using setup = await clientSetup();
    const { client, server } = setup;
    expect(() => client.listTags("App")).toThrow(SyntaxError);
    await expect(client.getManifest("app", "a/b")).rejects.toThrow(SyntaxError);
    await expect(client.deleteManifest("../app", "v1")).rejects.toThrow(SyntaxError);
    await expect(client.deleteBlob("app", "sha256:abc")).rejects.toThrow(SyntaxError);
    await expect(client.deleteTag("app", "")).rejects.toThrow(SyntaxError);
    await expect(client.getManifest("app", "sha256:abc")).rejects.toThrow(/^Bad digest "sha256:abc": /);
    expect(() => new RegistryClient("r.example/app")).toThrow(SyntaxError);
    expect(server.log).toEqual([]);
  });

  it("refuses what is no text, as a variable that is not set, before anything is sent", async () => {
    await using setup = await clientSetup();
    const { client, server } = setup;
    const unset = process.env["NEVER_SET"] as string;
    expect(() => client.listTags(unset)).toThrow(new TypeError("Bad repository: expected text, got undefined"));
    await expect(client.getManifest("app", unset)).rejects.toThrow(/^Bad tag: expected text, got undefined$/);
    await expect(client.deleteBlob("app", unset)).rejects.toThrow(/^Bad digest: expected text, got undefined$/);
    expect(server.log).toEqual([]);
  });

  it("stops asking for pages when it is left, and when it is aborted", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    let page = 0;
    await using setup = await clientSetup(() => {
      page += 1;
      const link = `</v2/app/tags/list?last=${page}>; rel="next"`;
      return { status: 200, headers: { link }, body: JSON.stringify({ tags: [`tag${page}`] }) };
    });
    for await (const tag of setup.client.listTags("app")) if (tag === "tag2") break;
    expect(page).toBe(2);
    const reading = (async () => {
      for await (const tag of setup.client.listTags("app", { signal: abort.signal })) {
        if (tag === "tag4") abort.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    expect(page).toBe(4);
  });
});
