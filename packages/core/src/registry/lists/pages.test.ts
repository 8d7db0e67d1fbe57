import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failed, type ScriptedAnswer } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { RegistryClient } from "../../client/registry-client.ts";
import { digestOf } from "../../digest/digest.ts";
import { IncompleteListError } from "../../errors/errors.ts";
import { listedItems, readList } from "../../store/read-list.ts";

/** A page of tags, and the query that its Link leads to. */
function page(tags: readonly string[] | null, next?: string): ScriptedAnswer {
  const link = `</v2/app/tags/list${next}>; rel="next"`;
  return { status: 200, ...(next !== undefined && { headers: { link } }), body: JSON.stringify({ tags }) };
}

/** As many as are asked for at once. */
const MANY = Array.from({ length: 1000 }, (_, at) => `t${at}`);

/** Two pages, then what is in doubt: names that come, and what the registry answers to each query. */
const DOUBTS: readonly (readonly [string, readonly string[], (query: URLSearchParams) => ScriptedAnswer, RegExp])[] = [
  [
    "the first page again, whatever `last` is",
    ["a", "b"],
    () => page(["a", "b"], "?n=2&last=b"),
    /its pages go in a circle: a Link leads to items that came before/,
  ],
  [
    "the first page again, under ever new Links",
    ["a", "b"],
    (query) => page(["a", "b"], `?n=2&last=${Number(query.get("last")) + 1}`),
    /circle/,
  ],
  [
    "a Link of the first page to itself",
    ["a"],
    () => page(["a"], "?n=1000"),
    /circle: a Link leads to a page that was read before/,
  ],
  ["a Link of an empty page to itself", [], () => page(null, "?n=1000"), /circle/],
  [
    "a Link of a later page to itself",
    ["tag0", "tag1"],
    (query) => (query.has("last") ? page(["tag1"], "?last=1") : page(["tag0"], "?last=1")),
    /circle/,
  ],
  [
    "a Link back",
    ["tag0", "tag1", "tag2"],
    (query) => page([`tag${Number(query.get("last"))}`], `?last=${(Number(query.get("last")) % 2) + 1}`),
    /circle/,
  ],
  [
    "names that come again later",
    ["tag0", "tag1", "tag2"],
    (query) => page([`tag${Number(query.get("last")) % 3}`], `?last=${Number(query.get("last")) + 1}`),
    /circle/,
  ],
  [
    "a Link without <>",
    ["a"],
    () => ({ ...page(["a"]), headers: { link: '/v2/app/tags/list?last=a; rel="next"' } }),
    /the Link header cannot be read: expected <URL>; rel="next"/,
  ],
  [
    "a Link without rel",
    ["a"],
    () => ({ ...page(["a"]), headers: { link: "</v2/app/tags/list?last=a>" } }),
    /Link header cannot be read/,
  ],
  [
    "ever new Links of empty pages",
    ["a"],
    (query) => page(query.has("last") ? [] : ["a"], `?last=x${query.get("last") ?? ""}`.slice(0, 2000)),
    /pages in a row are empty/,
  ],
  ["a full page without a Link, and `last` ignored", MANY, () => page(MANY), /the registry ignores "last"/],
  [
    "a full page without a Link, and `last` refused",
    MANY,
    (query) => (query.has("last") ? failed(404, "NAME_UNKNOWN") : page(MANY)),
    /the page after "t999" is refused/,
  ],
  [
    "a Link with n=0, whose page is empty, and `last` ignored",
    ["a"],
    (query) => (query.get("n") === "0" ? page([]) : page(["a"], "?n=0&last=a")),
    /the registry ignores "last"/,
  ],
  [
    "a page without its field",
    ["a"],
    (query) => (query.has("last") ? { status: 200, body: "{}" } : page(["a"], "?last=a")),
    /an answer has no "tags"/,
  ],
  [
    "a body that names a next page, and `last` ignored",
    ["a"],
    () => ({ status: 200, body: '{"tags":["a"],"next":"/more"}' }),
    /the registry ignores "last"/,
  ],
  [
    "a map of digests that lacks a tag of a full page",
    MANY,
    () => ({
      status: 200,
      body: JSON.stringify({ tags: MANY, manifest: { [digestOf(Buffer.from("x"))]: { tag: MANY.slice(1) } } }),
    }),
    /the registry ignores "last"/,
  ],
];

/** How a registry pages a list of tags. */
interface Paging {
  readonly count: number;
  /** The most tags of a page, whatever is asked for; each page then has a Link. */
  readonly cap: number | undefined;
  readonly link: "sent" | "sent from the last page too" | "not sent" | "without <>" | "to itself";
  readonly last: "obeyed" | "ignored" | "begins anew after the last tag";
  readonly n: "obeyed" | "ignored";
  /** After so many tags an empty page comes between. */
  readonly emptyAfter: number | undefined;
}

const PAGINGS: fc.Arbitrary<Paging> = fc.record({
  count: fc.integer({ min: 0, max: 12 }),
  cap: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  link: fc.constantFrom("sent", "sent from the last page too", "not sent", "without <>", "to itself"),
  last: fc.constantFrom("obeyed", "ignored", "begins anew after the last tag"),
  n: fc.constantFrom("obeyed", "ignored"),
  emptyAfter: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
});

function answer(names: readonly string[], paging: Paging, path: string): ScriptedAnswer {
  const query = new URL(path, "http://registry").searchParams;
  const last = paging.last === "ignored" ? "" : (query.get("last") ?? "");
  const sendsLinks = paging.link !== "not sent";
  const next = names.findIndex((name) => name > last);
  const start = next >= 0 ? next : paging.last === "obeyed" ? names.length : 0;
  const isGap = sendsLinks && start === paging.emptyAfter && !query.has("gap");
  // Whoever cuts pages to a length of its own, and does not say so, can't be told from one that has no more.
  const all = Math.max(1, names.length);
  const cap = sendsLinks ? (paging.cap ?? all) : all;
  const length = Math.min(cap, paging.n === "obeyed" ? Number(query.get("n")) : all);
  const tags = isGap ? [] : names.slice(start, start + length);
  const hasMore = isGap || start + length < names.length;
  const to = new URLSearchParams({ n: String(length), last: tags.at(-1) ?? last, ...(isGap && { gap: "1" }) });
  const url = paging.link === "to itself" ? path : `/v2/app/tags/list?${to}`;
  const link = paging.link === "without <>" ? `${url}; rel="next"` : `<${url}>; rel="next"`;
  const isLinked = sendsLinks && (hasMore || (paging.link === "sent from the last page too" && tags.length > 0));
  return { status: 200, ...(isLinked && { headers: { link } }), body: JSON.stringify({ tags }) };
}

describe("listPages()", () => {
  it("says that a list is whole only where it is, however a registry pages, and asks a bounded number of times", async () => {
    let script: (path: string) => ScriptedAnswer = () => ({ status: 500 });
    await using setup = await scriptedSetup(({ path }) => script(path));
    await using client = new RegistryClient({ host: setup.server.host, plainHttp: true });
    await fc.assert(
      fc.asyncProperty(PAGINGS, fc.integer({ min: 1, max: 6 }), async (paging, maxPageSize) => {
        const names = Array.from({ length: paging.count }, (_, at) => `t${String(at).padStart(2, "0")}`);
        script = (path) => answer(names, paging, path);
        setup.server.log.length = 0;
        const result = await readList(client.listTags("app").byPage({ maxPageSize }));
        const tags = listedItems(result).flat();
        expect(tags).toEqual(names.slice(0, tags.length));
        if (result.complete) expect(tags).toEqual(names);
        // A page each, one for each gap, and two that prove the end.
        expect(setup.server.log.length).toBeLessThanOrEqual(names.length + 4);
        const isHealthy = paging.last === "obeyed" && paging.link.startsWith("sent");
        if (isHealthy) expect(result.complete).toBe(true);
      }),
      {
        numRuns: 400,
        examples: [
          [{ count: 0, cap: undefined, link: "sent", last: "obeyed", n: "obeyed", emptyAfter: 0 }, 1],
          [{ count: 0, cap: undefined, link: "sent", last: "obeyed", n: "ignored", emptyAfter: 0 }, 1],
        ],
      },
    );
  });

  it("follows Links through empty pages, be they [] or null", async () => {
    const pages = ['{"tags":null}', '{"tags":["a"]}', '{"tags":[]}', '{"tags":null}', '{"tags":["b"]}'];
    await using setup = await scriptedSetup(({ path }) => {
      const at = Number(new URL(path, "http://registry").searchParams.get("last"));
      const link = `</v2/app/tags/list?n=2&last=${at + 1}>; rel="next"`;
      return { status: 200, ...(at + 1 < pages.length && { headers: { link } }), body: pages[at] ?? "" };
    });
    expect(await Array.fromAsync(setup.registry.repository("app").tags())).toEqual(["a", "b"]);
    expect(setup.server.log).toHaveLength(5);
  });

  it("gives each tag once where pages overlap", async () => {
    await using setup = await scriptedSetup(({ path }) =>
      path.includes("last=b")
        ? { status: 200, body: '{"tags":["b","c"]}' }
        : { status: 200, headers: { link: '</v2/app/tags/list?last=b>; rel="next"' }, body: '{"tags":["a","b"]}' },
    );
    expect(await Array.fromAsync(setup.registry.repository("app").tags())).toEqual(["a", "b", "c"]);
  });

  it("takes a page without a Link that is shorter than asked for the end, whatever length the registry has", async () => {
    const names = Array.from({ length: 120 }, (_, at) => `t${at}`);
    await using setup = await scriptedSetup(({ path }) => {
      const start = names.indexOf(new URL(path, "http://registry").searchParams.get("last") ?? "") + 1;
      const page = names.slice(start, start + 40);
      const link = `</v2/app/tags/list?n=40&last=${page.at(-1)}>; rel="next"`;
      return { status: 200, ...(start < 80 && { headers: { link } }), body: JSON.stringify({ tags: page }) };
    });
    expect(await Array.fromAsync(setup.registry.repository("app").tags())).toEqual(names);
    expect(setup.server.log).toHaveLength(3);
  });

  it.each([
    ["999 of them", 999, 1],
    ["1000 of them", 1000, 2],
    ["1001 of them", 1001, 2],
    ["2000 of them", 2000, 3],
  ])(
    "asks for what follows a full page where the registry cuts at n and sends no Link: %s",
    async (_, count, requests) => {
      const names = Array.from({ length: count }, (_, at) => `t${at}`);
      await using setup = await scriptedSetup(({ path }) => {
        const query = new URL(path, "http://registry").searchParams;
        const start = names.indexOf(query.get("last") ?? "") + 1;
        return { status: 200, body: JSON.stringify({ tags: names.slice(start, start + Number(query.get("n"))) }) };
      });
      expect(await Array.fromAsync(setup.registry.repository("app").tags())).toEqual(names);
      expect(setup.server.log).toHaveLength(requests);
    },
  );

  it.each([
    [1000, 3],
    [1001, 2],
    [2000, 4],
  ])("reads %i tags of go-containerregistry, which begins anew after the last one", async (count, requests) => {
    const names = Array.from({ length: count }, (_, at) => `t${String(at).padStart(4, "0")}`);
    await using setup = await scriptedSetup(({ path }) => {
      const query = new URL(path, "http://registry").searchParams;
      const start = Math.max(
        0,
        names.findIndex((name) => name > (query.get("last") ?? "")),
      );
      return { status: 200, body: JSON.stringify({ tags: names.slice(start, start + Number(query.get("n"))) }) };
    });
    expect(await Array.fromAsync(setup.registry.repository("app").tags())).toEqual(names);
    expect(setup.server.log).toHaveLength(requests);
  });

  it("takes more tags than asked for, and the same ones after the last, for the whole list, as distribution 2.8 gives it", async () => {
    const names = Array.from({ length: 1500 }, (_, at) => `t${at}`);
    await using setup = await scriptedSetup(() => ({ status: 200, body: JSON.stringify({ tags: names }) }));
    expect(await Array.fromAsync(setup.registry.repository("app").tags())).toEqual(names);
    expect(setup.server.log).toEqual(["GET /v2/app/tags/list?n=1000", "GET /v2/app/tags/list?n=1000&last=t1499"]);
  });

  it.each([
    ["as long as asked", 1000, undefined],
    ["with a Link to itself", 2, "</v2/app/tags/list?n=1000>; rel=next"],
    ["with a Link to the same tags", 2, "</v2/app/tags/list?n=2&last=t1>; rel=next"],
  ])(
    "takes a page for the whole list where it maps every tag to a digest, as Google's does: %s",
    async (_, count, link) => {
      const tags = Array.from({ length: count }, (_, at) => `t${at}`);
      const body = JSON.stringify({ tags, manifest: { [digestOf(Buffer.from("x"))]: { tag: tags } } });
      await using setup = await scriptedSetup(() => ({ status: 200, ...(link && { headers: { link } }), body }));
      expect(await Array.fromAsync(setup.registry.repository("app").tags())).toEqual(tags);
    },
  );

  it.each(DOUBTS)("gives what came, then throws a doubt: %s", async (_, names, answer, message) => {
    await using setup = await scriptedSetup(({ path }) => answer(new URL(path, "http://registry").searchParams));
    const repository = setup.registry.repository("app");
    const result = await readList(repository.tags());
    expect(listedItems(result)).toEqual(names);
    expect(result).toMatchObject({
      complete: false,
      doubt: { code: "PROTOCOL", message: expect.stringMatching(message) },
    });
    expect(setup.server.log.length).toBeLessThan(300);
    // Whoever does not look at the doubt meets it.
    await expect(Array.fromAsync(repository.tags())).rejects.toThrow(
      /^Cannot list the tags of "127\.0\.0\.1:\d+\/app": /,
    );
    await expect(Array.fromAsync(repository.listedTags())).rejects.toBeInstanceOf(IncompleteListError);
  });

  it("passes on what fails otherwise, and takes no part of the list for it", async () => {
    await using setup = await scriptedSetup(({ path }) =>
      path.includes("last=") ? failed(403, "DENIED") : page(MANY),
    );
    await expect(readList(setup.registry.repository("app").tags())).rejects.toMatchObject({ code: "DENIED" });
  });
});
