import { describe, expect, it } from "vitest";
import { failed } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { digestOf } from "../../digest/digest.ts";
import { readList } from "../../store/read-list.ts";

async function all<T>(list: AsyncIterable<T>): Promise<readonly T[]> {
  return Array.fromAsync(list);
}

describe("tags()", () => {
  it("follows Link, relative or absolute, to the page without one", async () => {
    await using setup = await scriptedSetup(({ path }) => {
      const last = new URL(path, "http://registry").searchParams.get("last");
      if (last === null)
        return {
          status: 200,
          headers: { link: '</v2/app/tags/list?n=2&last=b>; rel="next"' },
          body: '{"tags":["a","b"]}',
        };
      if (last === "b")
        return {
          status: 200,
          headers: { link: `<http://${setup.server.host}/v2/app/tags/list?n=2&last=d>;rel=next` },
          body: '{"tags":["c","d"]}',
        };
      return { status: 200, body: '{"tags":["e"]}' };
    });
    expect(await all(setup.registry.repository("app").tags())).toEqual(["a", "b", "c", "d", "e"]);
    expect(setup.server.log).toHaveLength(3);
    expect(setup.server.log[0]).toBe("GET /v2/app/tags/list?n=1000");
  });

  it("refuses a circle of referrers", async () => {
    await using setup = await scriptedSetup(({ path }) => ({
      status: 200,
      headers: {
        "content-type": "application/vnd.oci.image.index.v1+json",
        link: `<${path.split("?")[0]}?cursor=2>; rel="next"`,
      },
      body: '{"schemaVersion":2,"manifests":[]}',
    }));
    const subject = {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: digestOf(new Uint8Array()),
      size: 0,
    };
    await expect(all(setup.registry.repository("app").referrers(subject))).rejects.toMatchObject({
      code: "PROTOCOL",
      message: expect.stringContaining("its pages go in a circle"),
    });
    expect(setup.server.log).toHaveLength(2);
  });

  it("asks without a length where 1000 is refused", async () => {
    await using setup = await scriptedSetup(({ path }) =>
      path.includes("n=1000") ? failed(400, "PAGINATION_NUMBER_INVALID") : { status: 200, body: '{"tags":["a"]}' },
    );
    expect(await all(setup.registry.repository("app").tags())).toEqual(["a"]);
  });

  it("refuses an answer that is no list of names", async () => {
    await using setup = await scriptedSetup(() => ({ status: 200, body: '{"tags":[1]}' }));
    await expect(all(setup.registry.repository("app").tags())).rejects.toMatchObject({ code: "PROTOCOL" });
  });

  it("says NAME_UNKNOWN for a repository that is not there", async () => {
    await using setup = await scriptedSetup(() => failed(404, "NAME_UNKNOWN"));
    await expect(all(setup.registry.repository("app").tags())).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
  });
});

describe("Registry", () => {
  it("catalog() lists the repositories", async () => {
    await using setup = await scriptedSetup(() => ({ status: 200, body: '{"repositories":["a","b/c"]}' }));
    expect(await all(setup.registry.catalog())).toEqual(["a", "b/c"]);
  });

  it("catalog() follows Links through empty pages, and throws a doubt where the end is not proven", async () => {
    const link = (query: string) => ({ link: `</v2/_catalog?${query}>; rel="next"` });
    await using setup = await scriptedSetup(({ path }) => {
      const last = new URL(path, "http://registry").searchParams.get("last");
      if (last === null) return { status: 200, headers: link("n=2&last=0"), body: '{"repositories":null}' };
      if (last === "0") return { status: 200, headers: link("n=2&last=a"), body: '{"repositories":["a"]}' };
      return last === "a" ? { status: 200, body: '{"repositories":["b/c"]}' } : undefined;
    });
    expect(await all(setup.registry.catalog())).toEqual(["a", "b/c"]);
    await using cut = await scriptedSetup(() => ({
      status: 200,
      headers: { link: '/v2/_catalog?last=a; rel="next"' },
      body: '{"repositories":["a"]}',
    }));
    expect(await readList(cut.registry.catalog())).toMatchObject({
      complete: false,
      partial: ["a"],
      doubt: { message: expect.stringMatching(/^Cannot list the repositories of "127\.0\.0\.1:\d+": the Link header/) },
    });
  });

  it.each([401, 404, 405])("catalog() says UNSUPPORTED where it is answered %i", async (status) => {
    await using setup = await scriptedSetup(() => ({ status, body: "404 page not found" }));
    await expect(all(setup.registry.catalog())).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("no catalogue"),
    });
  });

  it("ping() asks the base of the API", async () => {
    await using setup = await scriptedSetup();
    await setup.registry.ping();
    expect(setup.server.log).toEqual(["GET /v2/"]);
    await using closed = await scriptedSetup(() => ({ status: 404 }));
    await expect(closed.registry.ping()).rejects.toMatchObject({ status: 404 });
  });
});
