import { describe, expect, it } from "vitest";
import type { Script, ScriptedAnswer } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { IncompleteListError, StoreError } from "../../errors/errors.ts";
import { readList } from "../../store/read-list.ts";
import type { Registry } from "../registry.ts";
import type { ListLimits } from "./list-limits.ts";

const LISTS = [
  ["tags", (registry: Registry) => registry.repository("app").tags()],
  ["repositories", (registry: Registry) => registry.catalog()],
] as const;

/** A list of names without an end, `length` of them a page. */
function endless(length: number): Script {
  return ({ path }) => {
    const url = new URL(path, "http://r");
    if (!/(tags\/list|_catalog)$/.test(url.pathname)) return undefined;
    const first = Number(url.searchParams.get("last")?.slice(1) ?? -1) + 1;
    return page(
      path,
      Array.from({ length }, (_, at) => `n${first + at}`),
      `<${url.pathname}?n=${length}&last=n${first + length - 1}>; rel="next"`,
    );
  };
}

function page(path: string, names: readonly string[], link?: string): ScriptedAnswer {
  const field = path.includes("_catalog") ? "repositories" : "tags";
  return { status: 200, body: JSON.stringify({ [field]: names }), headers: link === undefined ? {} : { link } };
}

describe.each(LISTS)("listPages() of %s", (_, list) => {
  it.each<[name: string, limits: ListLimits, says: RegExp, pages: number]>([
    ["pages", { pages: 7 }, /more than 7 pages; lists\.pages of the host \(--list-limit pages=N\) allows more/, 8],
    ["names", { names: 450 }, /more than 450 names; lists\.names of the host \(--list-limit names=N\) allows more/, 5],
    [
      "bytes",
      { bytes: 2000 },
      /more than 2000 bytes; lists\.bytes of the host \(--list-limit bytes=N\) allows more/,
      3,
    ],
  ])("ends an endless list at its limit of %s, which the error names", async (_name, lists, says, pages) => {
    await using setup = await scriptedSetup(endless(100), { lists });
    const failure: unknown = await readList(list(setup.registry)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "LIST_TOO_LONG", message: expect.stringMatching(says) });
    expect(failure).not.toBeInstanceOf(IncompleteListError);
    expect(setup.server.log).toHaveLength(pages);
  });

  it("takes a list that is as long as its limits", async () => {
    const script: Script = ({ path }) =>
      path.includes("n=")
        ? page(path, ["a", "b"], path.includes("last=") ? undefined : `<${path}&last=b>; rel="next"`)
        : undefined;
    await using setup = await scriptedSetup(script, { lists: { pages: 1, names: 2 } });
    await expect(readList(list(setup.registry))).rejects.toMatchObject({ code: "LIST_TOO_LONG" });
    await using whole = await scriptedSetup(({ path }) => page(path, ["a", "b"]), { lists: { pages: 1, names: 2 } });
    expect(await readList(list(whole.registry))).toEqual({ complete: true, items: ["a", "b"] });
  });

  it.each([
    ["with a length", true],
    ["without one", false],
  ])("reads no more of a page than its limit, %s", async (_name, hasLength) => {
    const script: Script = ({ path }) => {
      const answer = page(
        path,
        Array.from({ length: 5000 }, (_, at) => `name-${at}`),
      );
      return hasLength ? answer : { ...answer, headers: { "transfer-encoding": "chunked" } };
    };
    await using setup = await scriptedSetup(script, { lists: { pageBytes: 10_000 } });
    await expect(readList(list(setup.registry))).rejects.toMatchObject({
      code: "LIST_TOO_LONG",
      message: expect.stringMatching(/more than 10000 bytes; lists\.pageBytes of the host/),
    });
  });

  it("parses no page with millions of values", async () => {
    const value = `[${'"a",'.repeat(4_000_001)}"a"]`;
    await using setup = await scriptedSetup(() => ({ status: 200, body: `{"tags":${value},"repositories":${value}}` }));
    await expect(readList(list(setup.registry))).rejects.toMatchObject({
      code: "LIST_TOO_LONG",
      message: expect.stringMatching(/more than 1000000 values/),
    });
  });

  it.each([
    ["../../v2/_catalog", '"../../v2/_catalog"'],
    ["\u001b[31mred", String.raw`"\u001b[31mred"`],
    ["a\u202eb", String.raw`"a\u{202e}b"`],
    ["x".repeat(100_000), `"${"x".repeat(200)}…"`],
    ["", '""'],
  ])("leaves out a name that is not valid, names it, and gives the rest: %j", async (name, shown) => {
    await using setup = await scriptedSetup(({ path }) => page(path, ["a", name, "b"]));
    const result = await readList(list(setup.registry));
    expect(result).toMatchObject({ complete: false, partial: ["a", "b"] });
    const { message } = result.complete ? new StoreError("PROTOCOL", "") : result.doubt;
    expect(message).toContain(`1 name is not valid and was skipped: ${shown}`);
    expect(message.length).toBeLessThan(500);
  });

  it("names some of many names that are not valid, and how many there are", async () => {
    const bad = Array.from({ length: 300 }, (_, at) => `bad name ${at}`);
    await using setup = await scriptedSetup(({ path }) => page(path, ["a", ...bad, "b"]));
    const result = await readList(list(setup.registry));
    expect(result).toMatchObject({
      partial: ["a", "b"],
      doubt: {
        message: expect.stringMatching(/300 names are not valid and were skipped: "bad name 0", .*"bad name 4", …$/),
      },
    });
  });

  it("ends a list whose last name is too long to ask for what follows", async () => {
    const names = [...Array.from({ length: 999 }, (_, at) => `n${at}`), "y".repeat(5000)];
    await using setup = await scriptedSetup(({ path }) => page(path, names));
    const result = await readList(list(setup.registry));
    expect(result).toMatchObject({ complete: false, doubt: { message: expect.stringMatching(/has 5000 characters/) } });
    expect(setup.server.log).toHaveLength(1);
  });
});

describe("Registry", () => {
  it.each([{ pages: 0 }, { names: 1.5 }, { bytes: -1 }, { pageBytes: Number.NaN }])(
    "refuses a limit of lists that is none: %j",
    async (lists) => {
      await expect(scriptedSetup(undefined, { lists })).rejects.toThrow(/^invalid lists\./);
    },
  );
});
