import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { globPattern, isGlob } from "./glob-pattern.ts";
import { regexPattern } from "./regex-pattern.ts";
import { versionOf } from "./version.ts";

const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);

describe("versionOf()", () => {
  it.each([
    ["1.2.3", "1.2.3"],
    ["v1.2", "1.2.0"],
    ["3.20-alpine", "3.20.0-alpine"],
    ["24.04", "24.4.0"],
    ["0.0", "0.0.0"],
    ["1.2.3-rc.1", "1.2.3-rc.1"],
  ])("reads %s as %s", (text, version) => {
    expect(versionOf(text)?.version).toBe(version);
  });

  it.each(["20231219", "3", "v3", "1.2.3.4", "latest", "V1.2", "1.2.3-", "1.2.", "1.2.3-01", "", "1.2 ", "-1.2"])(
    "takes %j for no version",
    (text) => {
      expect(versionOf(text)).toBeUndefined();
    },
  );

  it("reads every tag without throwing, and three numbers as themselves", () => {
    fc.assert(fc.property(tag, (text) => void versionOf(text)));
    fc.assert(
      fc.property(fc.tuple(fc.nat(), fc.nat(), fc.nat()), ([major, minor, patch]) => {
        expect(versionOf(`${major}.${minor}.${patch}`)).toMatchObject({ major, minor, patch });
      }),
    );
  });
});

describe("globPattern()", () => {
  it("is for the whole tag", () => {
    const { select } = globPattern("3.*");
    expect(select(["3.18", "13.18", "3", "3.18-rc1", "3."])).toEqual(["3.18", "3.18-rc1", "3."]);
  });

  it("knows alternatives, classes and single characters", () => {
    expect(globPattern("{stable,edge}").select(["stable", "edge", "stab"])).toEqual(["stable", "edge"]);
    expect(globPattern("v[0-9]").select(["v1", "vx", "v12"])).toEqual(["v1"]);
    expect(globPattern("v?").select(["v1", "v", "v12"])).toEqual(["v1"]);
  });

  it("matches a name that has nothing of a glob as itself alone", () => {
    fc.assert(
      fc.property(tag, tag, (name, other) => {
        expect(isGlob(name)).toBe(false);
        expect(globPattern(name).matches(name)).toBe(true);
        expect(globPattern(name).matches(other)).toBe(name === other);
      }),
    );
  });

  it.each(["", "[a", "{a,b", "(a"])("refuses %j", (text) => {
    expect(() => globPattern(text)).toThrow(SyntaxError);
  });
});

describe("regexPattern()", () => {
  it("is for the whole tag, also with alternatives", () => {
    expect(regexPattern("v\\d+").select(["v1", "v12", "xv1", "v1x"])).toEqual(["v1", "v12"]);
    expect(regexPattern("a|bc").select(["a", "bc", "ab", "abc", "xbc"])).toEqual(["a", "bc"]);
  });

  it.each([
    ["(", /Unterminated group/],
    ["a)(b", /Unmatched/],
    ["[b-a]", /out of order/],
    ["*", /Nothing to repeat/],
    ["", /empty/],
    ["\\y", /Invalid escape/],
  ])("refuses %j", (text, says) => {
    expect(() => regexPattern(text)).toThrow(says);
  });

  it("refuses what backtracks without end, and takes what only looks like it", () => {
    expect(() => regexPattern("(a+)+")).toThrow(/takes for ever/);
    expect(regexPattern("(\\d+\\.)+\\d+").select(["1.2.3", "1."])).toEqual(["1.2.3"]);
    expect(regexPattern("(alpha|beta)+").select(["alphabeta", "gamma"])).toEqual(["alphabeta"]);
  });

  it("stops one that shows only on the tags that it is for", () => {
    const pattern = regexPattern("x(q+)+");
    expect(() => pattern.select([`x${"q".repeat(60)}-`])).toThrow(/takes for ever on these tags/);
  });
});
