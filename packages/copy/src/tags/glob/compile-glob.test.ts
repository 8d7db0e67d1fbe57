import fc from "fast-check";
import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import { globPattern } from "../glob-pattern.ts";
import { compileGlob } from "./compile-glob.ts";
import { LinearRegex } from "./linear-regex.ts";

/** Names as long as a tag can be, which nearly match. */
const LONG = ["a", "1", "-", "1.", "a-", "ab", "a/"].map((unit) => `${unit.repeat(128).slice(0, 127)}c`);

/** JavaScript's engine takes from seconds to for ever for each of them. */
const SLOW = [
  "*a*a*a*a*a*a*a*a*a*a*a*a*b",
  `${"*a".repeat(100)}*b`,
  `${"?*".repeat(40)}b`,
  "+(+(a))b",
  "*(*(*(a)))b",
  "@(a|aa|aaa)+(a|aa)+(a)b",
  "+(a|a|a)+(a|a)b",
  "!(!(+(a)))+(a)b",
  "{*a*a*a,*1*1*1}*a*a*a*1*b",
  "**a**a**a**a**a**a**a**b",
  "[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*b",
  "+([a-z0-9]|-|+(.))b",
  `${"@(a|?)".repeat(40)}b`,
  `${"?(a)".repeat(30)}${"a".repeat(30)}b`,
];

/** Pieces of globs, put together at random. */
const piece = fc.constantFrom(
  ..."a b . - * ? ** / [ab] [!a] [^b] [a-c] {a,b} {a,*} {1..3} +(a) *(a|b) ?(a) @(a|ab) !(a) !(a|b*) +(+(a)) *(+(a|b)|c) (a|b) \\* \\. [[:digit:]] [[:alpha:]]".split(
    " ",
  ),
);
const glob = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(""));
const name = fc
  .array(fc.constantFrom("a", "b", "c", "1", ".", "-", "/", "*"), { maxLength: 8 })
  .map((all) => all.join(""));

describe("compileGlob()", () => {
  it.each(SLOW)("matches each name in a moment: %s", (text) => {
    const fits = compileGlob(text);
    expect(LONG.map((long) => fits(long))).toEqual(
      LONG.map(() => (text.startsWith("!(!(") ? expect.any(Boolean) : false)),
    );
  });

  it("counts no steps that grow with the ways to match", () => {
    // 128 characters and 25 parts: some thousand steps, where trying every way takes 10^17.
    const looks: string[] = [];
    const expression = /^(?:[^/]*?a){12}[^/]*?b$/;
    const linear = LinearRegex.compile(expression);
    for (let length = 1; length <= 127; length += 1) if (linear?.test("a".repeat(length)) === true) looks.push("");
    expect(looks).toEqual([]);
    expect(linear?.test(`${"a".repeat(127)}b`)).toBe(true);
  });

  it("matches what picomatch matches, by either engine", () => {
    fc.assert(
      fc.property(glob, name, fc.boolean(), (text, candidate, nonegate) => {
        const options = { dot: true, strictBrackets: true, nonegate };
        const expected = picomatch(text, options)(candidate);
        expect(compileGlob(text, { nonegate })(candidate)).toBe(expected);
        const linear = LinearRegex.compile(picomatch.makeRe(text, options));
        expect(linear).toBeDefined();
        if (candidate !== "") expect(candidate === text || linear?.test(candidate)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it.each(["(?<=a)*b", "\\1*(a)", "a".repeat(4097)])("refuses what could not be matched so: %s", (text) => {
    expect(() => compileGlob(text)).toThrow(SyntaxError);
    expect(() => globPattern(text)).toThrow(/is no glob: it has/);
  });
});

describe("LinearRegex", () => {
  const atom = fc.constantFrom(
    "a",
    "b",
    ".",
    "[ab]",
    "[^a]",
    "\\w",
    "\\.",
    "$",
    "^",
    "(?=a)",
    "(?!b)",
    "(?:a|b)",
    "(a|)",
    "(?:a*)",
  );
  const repeat = fc.constantFrom("", "", "*", "+", "?", "*?", "{2}", "{1,}", "{0,2}");
  const source = fc
    .array(fc.tuple(atom, repeat), { maxLength: 5 })
    .map((parts) => parts.map(([of, times]) => (/^(?:\$|\^|\(\?[=!])/.test(of) ? of : `${of}${times}`)).join(""));

  it("matches what JavaScript's engine matches", () => {
    fc.assert(
      fc.property(fc.array(source, { minLength: 1, maxLength: 3 }), name, (sources, text) => {
        const expression = new RegExp(sources.map((part) => `(?:${part})`).join("|"));
        expect(LinearRegex.compile(expression)?.test(text)).toBe(expression.test(text));
      }),
      { numRuns: 3000 },
    );
  });

  it.each(["(?<=a)b", "(a)\\1", "\\bx", "(?<n>a)\\k<n>", "(?:a{1000}){1000}", "\\p{L}", "(?i:a)"])(
    "does not know %s",
    (text) => {
      expect(LinearRegex.compile(new RegExp(text))).toBeUndefined();
    },
  );
});
