import { regexPattern } from "@tranship/copy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromGoRegex, globsOfRegex } from "./go-regex.ts";

describe("fromGoRegex()", () => {
  it.each([
    ["v1", "whole", "v1"],
    ["^v1$", "whole", "v1"],
    ["v1", "part", ".*v1.*"],
    ["^v1", "part", "v1.*"],
    ["v1$", "part", ".*v1"],
    ["a|b", "part", ".*(?:a|b).*"],
    ["^a|b$", "part", ".*(?:^a|b$).*"],
    ["1\\.2\\-rc", "whole", "1\\.2-rc"],
    ["[a\\-z]", "whole", "[a\\-z]"],
    ["\\Av\\z", "whole", "v"],
    ["(?P<x>a)", "whole", "(?<x>a)"],
    ["1\\$$", "part", ".*1\\$"],
    ["v[[:digit:]]+[-_[:alpha:]]*", "whole", "v[0-9]+[-_A-Za-z]*"],
  ] as const)("reads %s for the %s tag as %s", (text, anchoring, result) => {
    expect(fromGoRegex(text, anchoring)).toBe(result);
  });

  it("matches as Go does", () => {
    expect(regexPattern(fromGoRegex("^a|b$", "part")).select(["abc", "cb", "bc"])).toEqual(["abc", "cb"]);
    expect(regexPattern(fromGoRegex("a|m|b", "whole")).select(["a1", "xb", "1m2", "1a", "b1"])).toEqual([
      "a1",
      "xb",
      "1m2",
    ]);
    expect(regexPattern(fromGoRegex("(?i)v1", "whole")).select(["V1", "v2"])).toEqual(["V1"]);
  });

  it.each(["[[:graph:]]", "[[:^alpha:]]", "\\pL", "("])("refuses %s", (text) => {
    expect(() => fromGoRegex(text, "whole")).toThrow(SyntaxError);
  });
});

describe("fromGoRegex() of a whole tag", () => {
  it("means what ^EXPRESSION$ means, alternatives at its top too", () => {
    const piece = fc.constantFrom("a", "b", "1", "(a|b)", "[ab|]", "a.*", "\\.", "(?:1|2)+", "^a", "b$", "");
    const expression = fc
      .array(fc.array(piece, { maxLength: 3 }), { minLength: 1, maxLength: 4 })
      .map((alternatives) => alternatives.map((pieces) => pieces.join("")).join("|"));
    const tag = fc
      .array(fc.constantFrom("a", "b", "1", "2", ".", "x"), { minLength: 1, maxLength: 5 })
      .map((letters) => letters.join(""));
    fc.assert(
      fc.property(
        expression.filter((text) => text !== ""),
        fc.array(tag, { minLength: 1, maxLength: 20 }),
        (text, tags) => {
          const meant = tags.filter((one) => new RegExp(`^${text}$`).test(one));
          expect(regexPattern(fromGoRegex(text, "whole")).select(tags)).toEqual(meant);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("globsOfRegex()", () => {
  it.each([
    ["team/.*", ["team/**"]],
    [".*", ["**"]],
    ["app.*", ["app*", "app*/**"]],
    ["^team/app$", ["team/app"]],
    [".*/app", ["**/app"]],
    ["a+", undefined],
    ["(a|b)/.*", undefined],
  ])("reads %s as %j", (text, globs) => {
    expect(globsOfRegex(text)).toEqual(globs);
  });
});
