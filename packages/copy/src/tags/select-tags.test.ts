import type { ListedTag } from "@tranship/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { globPattern } from "./glob-pattern.ts";
import { regexPattern } from "./regex-pattern.ts";
import { choosableTags, immutableTags, matchTags, selectTags, timesFor } from "./select-tags.ts";
import { EVERY_TAG, type TagRules } from "./tag-rules.ts";
import { parseVersionRange } from "./version.ts";

const NOW_MS = Date.UTC(2026, 0, 31);
const DAY_MS = 86_400_000;

function rules(of: Partial<TagRules>): TagRules {
  return { ...EVERY_TAG, ...of };
}
const globs = (...texts: readonly string[]) => texts.map(globPattern);
const named = (...names: readonly string[]): readonly ListedTag[] => names.map((name) => ({ name }));
const chosen = (listed: readonly ListedTag[], of: Partial<TagRules>): readonly string[] =>
  selectTags(listed, rules(of), { nowMs: NOW_MS }).tags;
/** Tags of that many days ago. */
const aged = (days: Readonly<Record<string, number>>): readonly ListedTag[] =>
  Object.entries(days).map(([name, age]) => ({ name, time: new Date(NOW_MS - age * DAY_MS) }));

const tagName = fc.stringMatching(/^[a-z0-9_][a-z0-9_.-]{0,8}$/);
const tagList = fc.uniqueArray(tagName, { maxLength: 30 }).map((names) => named(...names));
const anyRules: fc.Arbitrary<Partial<TagRules>> = fc.record(
  {
    glob: fc.constantFrom(globs("*"), globs("1*", "v*"), globs("[a-m]*")),
    regex: fc.constantFrom([regexPattern(".*")], [regexPattern("[^-]+")]),
    semver: fc.constantFrom(parseVersionRange("*"), parseVersionRange(">=1.2"), parseVersionRange("0.x || 2.x")),
    exclude: fc.constantFrom([], globs("*-*"), globs("*.0", "a*")),
    newest: fc.integer({ min: 1, max: 5 }),
  },
  { requiredKeys: [] },
);

describe("selectTags()", () => {
  it("means every tag without a rule, and never one that is made of a digest", () => {
    const digestTags = [`sha256-${"a".repeat(64)}`, `sha256-${"b".repeat(64)}.sig`];

    expect(chosen(named("v1", "latest", ...digestTags), {})).toEqual(["v1", "latest"]);
    expect(chosen(named("v1", ...digestTags), { glob: globs("sha256-*") })).toEqual([]);
  });

  it("leaves out what is excluded before it takes the newest", () => {
    const listed = named("3.18.0", "3.19.0", "3.20.0", "3.21.0-rc1", "edge");

    expect(
      chosen(listed, { semver: parseVersionRange(">=3.18 || >=3.21.0-rc0"), newest: 2, exclude: globs("*-rc*") }),
    ).toEqual(["3.20.0", "3.19.0"]);
  });

  it("takes what fits each kind of filter, and one entry of each", () => {
    const listed = named("v1.0", "v1.1", "w1.0", "v2.0");

    expect(chosen(listed, { glob: globs("v*", "w*"), regex: [regexPattern(".*\\.0")] })).toEqual([
      "v1.0",
      "w1.0",
      "v2.0",
    ]);
    expect(chosen(listed, { glob: globs("v*"), semver: parseVersionRange("1.x") })).toEqual(["v1.0", "v1.1"]);
  });

  it("orders by version, not by letter, the more exact of two tags of one version first", () => {
    const listed = named("1.9", "1.10", "1.10.0", "1.2.0", "20231219", "latest");

    expect(chosen(listed, { semver: parseVersionRange("*"), newest: 3 })).toEqual(["1.10.0", "1.10", "1.9"]);
  });

  it("takes pre-releases only where the range names them", () => {
    const listed = named("3.19.0", "3.20.0-rc1", "3.20.0-rc2");

    expect(chosen(listed, { semver: parseVersionRange(">=3.18") })).toEqual(["3.19.0"]);
    expect(chosen(listed, { semver: parseVersionRange(">=3.20.0-rc2") })).toEqual(["3.20.0-rc2"]);
  });

  it("orders by time where there is no range of versions", () => {
    expect(chosen(aged({ old: 9, new: 1, middle: 5 }), { newest: 2 })).toEqual(["new", "middle"]);
  });

  it("keeps what is newer than an age or a date", () => {
    const listed = [...aged({ old: 40, new: 10 }), { name: "undated" }];

    expect(chosen(listed, { newerThan: { ageMs: 30 * DAY_MS } })).toEqual(["new"]);
    expect(chosen(listed, { newerThan: { time: new Date(NOW_MS - 50 * DAY_MS) } })).toEqual(["old", "new"]);
  });

  it("names what fits and has no time, where it is chosen by time", () => {
    const listed = [...aged({ old: 9, new: 1 }), ...named("undated")];
    const undated = (of: Partial<TagRules>) => selectTags(listed, rules(of), { nowMs: NOW_MS }).undated;
    expect(undated({ newest: 2 })).toEqual(["undated"]);
    expect(undated({ newerThan: { ageMs: 30 * DAY_MS } })).toEqual(["undated"]);
    for (const of of [
      {},
      { newest: 3 },
      { newest: 1, semver: parseVersionRange("*") },
      { newest: 1, exclude: globs("un*") },
    ])
      expect(undated(of)).toEqual([]);
  });

  it("takes what is named, whatever is listed", () => {
    expect(chosen(named("v1"), { names: ["gone"], listed: false })).toEqual(["gone"]);
    expect(chosen(named("v1", "v2"), { names: ["gone", "v1"], glob: globs("v*") })).toEqual(["gone", "v1", "v2"]);
  });

  it("warns of a filter that matches nothing", () => {
    const warnings = (listed: readonly ListedTag[], of: Partial<TagRules>) =>
      selectTags(listed, rules(of), { nowMs: NOW_MS }).warnings;

    expect(warnings(named("v1"), { glob: globs("v*", "x*") })).toEqual(['"x*" matches none of 1 tag']);
    expect(warnings(named("a", "b"), { semver: parseVersionRange("1.x") })).toEqual(["none of 2 tags is a version"]);
    expect(warnings(named("1.0", "1.1"), { semver: parseVersionRange("2.x") })).toEqual([
      "the filters leave none of 2 tags",
    ]);
    expect(warnings(aged({ a: 9 }), { newerThan: { ageMs: DAY_MS } })).toEqual(["none of 1 tag is new enough"]);
    expect(warnings([], {})).toEqual(["the repository has no tags"]);
    expect(warnings(named("v1"), { glob: globs("v*") })).toEqual([]);
  });

  it("chooses only what is listed, each once, and no more than the newest", () => {
    fc.assert(
      fc.property(tagList, anyRules, (listed, of) => {
        const dated = listed.map((tag, index) => ({ ...tag, time: new Date(NOW_MS - index * DAY_MS) }));
        const tags = chosen(dated, of);
        expect(new Set(tags).size).toBe(tags.length);
        expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining([...tags]));
        expect(tags.length).toBeLessThanOrEqual(of.newest ?? Number.POSITIVE_INFINITY);
      }),
    );
  });

  it("does not depend on the order of the list", () => {
    fc.assert(
      fc.property(tagList, anyRules, (listed, of) => {
        const dated = listed.map((tag, index) => ({ ...tag, time: new Date(NOW_MS - (index % 3) * DAY_MS) }));
        expect(new Set(chosen(dated.toReversed(), of))).toEqual(new Set(chosen(dated, of)));
      }),
    );
  });

  it("gives the same again for what it has chosen", () => {
    fc.assert(
      fc.property(tagList, anyRules, (listed, of) => {
        const dated = listed.map((tag, index) => ({ ...tag, time: new Date(NOW_MS - index * DAY_MS) }));
        const once = new Set(chosen(dated, of));
        expect(
          new Set(
            chosen(
              dated.filter(({ name }) => once.has(name)),
              of,
            ),
          ),
        ).toEqual(once);
      }),
    );
  });

  it("chooses of a longer list nothing that could not be chosen alone", () => {
    fc.assert(
      fc.property(tagList, anyRules, (listed, of) => {
        for (const tag of chosen(listed, of)) expect(choosableTags(rules(of), [tag])).toContain(tag);
      }),
    );
  });
});

describe("matchTags()", () => {
  it("keeps the list's order and times, and reads no list where every tag is named", () => {
    expect(matchTags(aged({ b: 1, a: 2 }), rules({ glob: globs("*") }))).toEqual(aged({ b: 1, a: 2 }));
    expect(matchTags(named("v1"), rules({ listed: false, names: ["v2"] }))).toEqual([]);
  });
});

describe("timesFor()", () => {
  it("asks for times only where something depends on them", () => {
    const undated = named("a", "b", "c");

    expect(timesFor(undated, rules({}))).toBe("none");
    expect(timesFor(undated, rules({ newest: 3 }))).toBe("none");
    expect(timesFor(undated, rules({ newest: 1, semver: parseVersionRange("*") }))).toBe("none");
    expect(timesFor(undated, rules({ newest: 1 }))).toBe("missing");
    expect(timesFor(undated, rules({ newest: 1, by: "created" }))).toBe("created");
    expect(timesFor(aged({ a: 1, b: 2 }), rules({ newest: 1 }))).toBe("listed");
    expect(timesFor(undated, rules({ newerThan: { ageMs: 1 }, semver: parseVersionRange("*") }))).toBe("missing");
  });
});

describe("immutableTags()", () => {
  it("finds those that fit a pattern", () => {
    expect(immutableTags(rules({ immutable: globs("3.*.*") }), ["3.18", "3.18.1", "latest"])).toEqual(
      new Set(["3.18.1"]),
    );
  });
});
