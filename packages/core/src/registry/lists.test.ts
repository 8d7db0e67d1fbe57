import { describe, expect, it } from "vitest";
import { failed } from "../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../test/support/scripted-setup.ts";

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

  it("ends at a page that repeats, though its Link goes on", async () => {
    let page = 0;
    await using setup = await scriptedSetup(() => {
      page += 1;
      return {
        status: 200,
        headers: { link: `</v2/app/tags/list?n=2&last=${page}>; rel="next"` },
        body: '{"tags":["a","b"]}',
      };
    });
    expect(await all(setup.registry.repository("app").tags())).toEqual(["a", "b"]);
    expect(setup.server.log).toHaveLength(2);
  });

  it("ends at a Link that was followed already, and at an empty page", async () => {
    let page = 0;
    await using setup = await scriptedSetup(({ path }) => {
      page += 1;
      const next = path.includes("/loop/") ? "/v2/loop/tags/list?last=x" : `/v2/empty/tags/list?last=${page}`;
      const tags = path.includes("/loop/") || page === 1 ? [`tag${page}`] : null;
      return { status: 200, headers: { link: `<${next}>; rel="next"` }, body: JSON.stringify({ tags }) };
    });
    expect(await all(setup.registry.repository("empty").tags())).toEqual(["tag1"]);
    expect(page).toBe(2);
    expect(await all(setup.registry.repository("loop").tags())).toEqual(["tag3", "tag4"]);
  });

  it("refuses a circle of pages, by their names and by their Links", async () => {
    await using setup = await scriptedSetup(({ path }) => {
      const last = Number(new URL(path, "http://registry").searchParams.get("last"));
      const next = path.includes("/links/") ? (last % 2) + 1 : last + 1;
      const name = path.includes("/links/") ? "links" : "names";
      const tags = name === "links" && last > 0 ? [`tag${last}`] : [`tag${last % 3}`];
      return {
        status: 200,
        headers: { link: `</v2/${name}/tags/list?last=${next}>; rel="next"` },
        body: JSON.stringify({ tags }),
      };
    });
    for (const name of ["names", "links"]) {
      await expect(all(setup.registry.repository(name).tags())).rejects.toMatchObject({
        code: "PROTOCOL",
        message: expect.stringMatching(/^Cannot list the tags of ".*": its pages go in a circle/),
      });
    }
    expect(setup.server.log).toHaveLength(7);
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
