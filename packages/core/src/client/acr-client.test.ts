import { describe, expect, it } from "vitest";
import { type ClientSetup, clientSetupOf } from "../../../../test/support/client-setup.ts";
import { hold } from "../../../../test/support/scripted-manifests.ts";
import { failed, type Script, type ScriptedAnswer } from "../../../../test/support/scripted-registry.ts";
import { digestOf } from "../digest/digest.ts";
import { listedItems, readList } from "../store/read-list.ts";
import { AcrClient } from "./acr-client.ts";

const DIGEST = digestOf(Buffer.from("a"));
const TIMES = { createdTime: "2024-05-01T10:00:00Z", lastUpdateTime: "2024-05-02T10:00:00Z" };
const PLACE = { registry: "r.azurecr.io", imageName: "app" };

function acr(script: Script): Promise<ClientSetup<AcrClient>> {
  return clientSetupOf((options) => new AcrClient(options), script);
}

function json(body: object, headers: Readonly<Record<string, string>> = {}): ScriptedAnswer {
  return { status: 200, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

function tags(...names: readonly string[]): object {
  return { ...PLACE, tags: names.map((name) => ({ name, digest: DIGEST, ...TIMES })) };
}

describe("AcrClient", () => {
  it("asks ACR's own API, with its version", async () => {
    await using setup = await acr(({ path }) => {
      if (path.includes("_tags/")) return json({ ...PLACE, tag: { name: "v1", digest: DIGEST, ...TIMES } });
      if (path.includes("_manifests/")) return json({ ...PLACE, manifest: { digest: DIGEST, ...TIMES } });
      return json({ ...PLACE, ...TIMES });
    });
    const { client, server } = setup;
    await client.getRepositoryProperties("team/app");
    await client.getTagProperties("team/app", "v1");
    await client.getManifestProperties("team/app", "v1");
    expect(server.log).toEqual([
      "GET /acr/v1/team/app?api-version=2021-07-01",
      "GET /acr/v1/team/app/_tags/v1?api-version=2021-07-01",
      "GET /acr/v1/team/app/_tags/v1?api-version=2021-07-01",
      `GET /acr/v1/team/app/_manifests/${DIGEST}?api-version=2021-07-01`,
    ]);
  });

  it("sends just what changes, as a PATCH, also again after a failure that may pass", async () => {
    const bodies: unknown[] = [];
    await using setup = await acr(async (request) => {
      bodies.push(JSON.parse((await request.body()).toString()));
      if (bodies.length === 1) return failed(503, "UNAVAILABLE");
      return json({
        ...PLACE,
        tag: { name: "v1", digest: DIGEST, ...TIMES, changeableAttributes: { deleteEnabled: false } },
      });
    });
    const changed = await setup.client.updateTagProperties("app", "v1", { canDelete: false });
    expect(changed).toMatchObject({ name: "v1", canDelete: false });
    expect(bodies).toEqual([{ deleteEnabled: false }, { deleteEnabled: false }]);
    expect(setup.server.log[0]).toBe("PATCH /acr/v1/app/_tags/v1?api-version=2021-07-01");
  });

  it("sends nothing where nothing changes", async () => {
    await using setup = await acr(() => undefined);
    const { client, server } = setup;
    await expect(client.updateRepositoryProperties("app", {})).rejects.toThrow(TypeError);
    await expect(client.updateManifestProperties("app", "v1", {})).rejects.toThrow(TypeError);
    await expect(client.updateTagProperties("app", "v1", {})).rejects.toThrow(TypeError);
    expect(server.log).toEqual([]);
  });

  it("lists in the wanted order and length, following Link, and goes on after a page", async () => {
    await using setup = await acr(({ path }) => {
      const last = new URL(path, "http://registry").searchParams.get("last");
      if (last !== null) return json(tags("c"));
      return json(tags("a", "b"), { link: '</acr/v1/app/_tags?last=b&n=2&orderby=timedesc>; rel="next"' });
    });
    const { client, server } = setup;
    const list = client.listTagProperties("app", { orderBy: "LastUpdatedOnDescending" });
    const pages = await Array.fromAsync(list.byPage({ maxPageSize: 2 }));
    expect(pages.map((page) => page.map(({ name }) => name))).toEqual([["a", "b"], ["c"]]);
    expect(pages.map(({ last }) => last)).toEqual(["b", undefined]);
    await Array.fromAsync(list.byPage({ last: "b" }));
    expect(server.log).toEqual([
      "GET /acr/v1/app/_tags?orderby=timedesc&api-version=2021-07-01&n=2",
      "GET /acr/v1/app/_tags?last=b&n=2&orderby=timedesc",
      "GET /acr/v1/app/_tags?orderby=timedesc&api-version=2021-07-01&last=b",
    ]);
  });

  it("refuses pages that go in a circle", async () => {
    await using setup = await acr(({ path }) => {
      const next = path.includes("last=b") ? "a" : "b";
      return json(tags(next), { link: `</acr/v1/app/_tags?last=${next}>; rel="next"` });
    });
    await expect(Array.fromAsync(setup.client.listTagProperties("app"))).rejects.toMatchObject({
      code: "PROTOCOL",
      message: expect.stringMatching(/^Cannot list the tags of ".*\/app": .*circle/),
      url: `http://${setup.server.host}/acr/v1/app/_tags`,
    });
    expect(setup.server.log.length).toBeLessThan(5);
  });

  it.each([
    [
      "tags",
      "listTagProperties",
      'the Link header cannot be read: expected <URL>; rel="next"',
      "/acr/v1/app/_tags?last=x",
    ],
    ["manifests", "listManifestProperties", "its pages go in a circle", "</acr/v1/app/_manifests?last=a>"],
    ["repositories", "listRepositoryNames", "the Link header cannot be read", "</acr/v1/_catalog?last=a"],
  ] as const)("throws a doubt after the %s that came: %s() where %s", async (field, method, detail, url) => {
    const item = { name: "a", digest: DIGEST, ...TIMES };
    await using setup = await acr(() =>
      json({ ...PLACE, [field]: [field === "repositories" ? "a" : item] }, { link: `${url}; rel="next"` }),
    );
    const list: AsyncIterable<unknown> = setup.client[method]("app" as never);
    const result = await readList(list);
    expect(listedItems(result)).toHaveLength(1);
    expect(result).toMatchObject({ complete: false, doubt: { message: expect.stringContaining(detail) } });
  });

  it("follows an empty page, and asks for what follows a hundred items that have no Link", async () => {
    const names = Array.from({ length: 150 }, (_, at) => `v${String(at).padStart(3, "0")}`);
    await using setup = await acr(({ path }) => {
      const last = new URL(path, "http://registry").searchParams.get("last");
      if (last === null) return json({ ...PLACE, tags: null }, { link: '</acr/v1/app/_tags?last=0>; rel="next"' });
      const start = names.indexOf(last) + 1;
      return json(tags(...names.slice(start, start + 100)));
    });
    const listed = await Array.fromAsync(setup.client.listTagProperties("app"));
    expect(listed.map(({ name }) => name)).toEqual(names);
    expect(setup.server.log).toHaveLength(3);
  });

  it("listTags() refuses pages that go in a circle, be it the first one again", async () => {
    await using setup = await acr(({ path }) => {
      const next = path.includes("last=b") && path.includes("/two/") ? "a" : "b";
      const name = path.includes("/two/") ? "two" : "one";
      return json({ tags: [next] }, { link: `</v2/${name}/tags/list?last=${next}>; rel="next"` });
    });
    for (const name of ["one", "two"]) {
      await expect(Array.fromAsync(setup.client.listTags(name))).rejects.toMatchObject({
        code: "PROTOCOL",
        message: expect.stringMatching(/^Cannot list the tags of ".*": its pages go in a circle/),
      });
    }
    expect(setup.server.log.length).toBeLessThan(6);
  });

  it.each([
    ["no JSON", "<html>"],
    ["a wrong field", JSON.stringify({ ...PLACE, ...TIMES, tagCount: "many" })],
  ])("says PROTOCOL for an answer with %s", async (_, body) => {
    await using setup = await acr(() => ({ status: 200, body }));
    await expect(setup.client.getRepositoryProperties("app")).rejects.toMatchObject({
      code: "PROTOCOL",
      message: expect.stringMatching(/^Cannot read the properties of ".*\/app": the answer is not what it must be: /),
    });
  });

  it("says what is not there, and what is locked", async () => {
    await using setup = await acr(({ method, path }) => {
      if (path.includes("n=1")) return json(tags("v1"));
      return method === "GET" ? failed(404, "TAG_UNKNOWN") : failed(405, "UNSUPPORTED");
    });
    const { client } = setup;
    await expect(client.getTagProperties("app", "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN", status: 404 });
    await expect(client.getRepositoryProperties("app")).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    await expect(client.deleteTag("app", "v1")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/^Cannot delete tag "v1" of ".*\/app": /),
    });
  });

  it("takes 404 to a deletion for done where the host has shown that it is ACR, which is found out once", async () => {
    await using setup = await acr(({ method, path }) => {
      if (method === "GET") return json(tags("v1"));
      return path.includes("/there") ? { status: 202 } : failed(404, "NAME_UNKNOWN");
    });
    const { client, server } = setup;
    expect(await client.deleteRepository("there")).toBe(true);
    expect(await client.deleteRepository("gone")).toBe(false);
    expect(await client.deleteTag("there", "v1")).toBe(true);
    expect(await client.deleteTag("gone", "v1")).toBe(false);
    expect(server.log).toEqual([
      "GET /acr/v1/there/_tags?api-version=2021-07-01&n=1",
      "DELETE /acr/v1/there?api-version=2021-07-01",
      "DELETE /acr/v1/gone?api-version=2021-07-01",
      "DELETE /acr/v1/there/_tags/v1?api-version=2021-07-01",
      "DELETE /acr/v1/gone/_tags/v1?api-version=2021-07-01",
    ]);
  });

  it.each(["NAME_UNKNOWN", "TAG_UNKNOWN", "NOT_FOUND"])(
    "takes a 404 with %s for nothing where the host has not shown that it is ACR, and the tag is there",
    async (code) => {
      await using setup = await acr(({ path }) => (path.startsWith("/acr/") ? failed(404, code) : undefined));
      const { client, server } = setup;
      hold(server, "v1");
      for (const remove of [() => client.deleteTag("app", "v1"), () => client.deleteRepository("app")])
        await expect(remove()).rejects.toMatchObject({
          code: "UNSUPPORTED",
          message: expect.stringMatching(/^Cannot delete .*: it is no Azure Container Registry/),
        });
      expect(await client.deleteTag("app", "v2")).toBe(false);
      expect(server.log.filter((line) => line.startsWith("DELETE"))).toEqual([]);
    },
  );

  it("sends no deletion to a host that answers everything with success", async () => {
    await using setup = await acr(() => json({ tags: [] }));
    await expect(setup.client.deleteTag("app", "v1")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(setup.client.deleteRepository("app")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(setup.server.log.filter((line) => line.startsWith("DELETE"))).toEqual([]);
  });

  it.each<[string, ScriptedAnswer]>([
    ["a line of text", { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found" }],
    ["another's errors", failed(404, "NO_ROUTE")],
    ["a method that there is not", { status: 405 }],
    ["a web page", { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: "<html>" }],
  ])("refuses a registry that is not ACR, by %s, and takes nothing for gone", async (_, answer) => {
    await using setup = await acr(() => answer);
    const { client } = setup;
    const calls = [
      client.deleteTag("app", "v1"),
      client.deleteRepository("app"),
      client.getRepositoryProperties("app"),
      client.getManifestProperties("app", "v1"),
      client.updateTagProperties("app", "v1", { canDelete: false }),
      Array.fromAsync(client.listTagProperties("app")),
      Array.fromAsync(client.listRepositoryNames()),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({
        reason: {
          code: "UNSUPPORTED",
          message: expect.stringMatching(/^Cannot .*: it is no Azure Container Registry/),
        },
      });
    }
  });

  it("does not repeat a deletion", async () => {
    await using setup = await acr(({ method }) => (method === "GET" ? json(tags("v1")) : failed(503, "UNAVAILABLE")));
    await expect(setup.client.deleteRepository("app")).rejects.toMatchObject({ status: 503 });
    expect(setup.server.log.filter((line) => line.startsWith("DELETE"))).toHaveLength(1);
  });

  it("refuses an order that there is not, before anything is sent", async () => {
    await using setup = await acr(() => undefined);
    const orderBy = "timedesc" as "LastUpdatedOnAscending";
    expect(() => setup.client.listTagProperties("app", { orderBy })).toThrow(TypeError);
    expect(setup.server.log).toEqual([]);
  });
});
