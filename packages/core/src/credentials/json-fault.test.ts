import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonFault } from "./json-fault.ts";

describe("findJsonFault()", () => {
  it.each([
    ['{"auths": {"a": x}}', 1, 17],
    ['{\n\t"auths": {}\n\t"credsStore": "x"\n}', 3, 2],
    ['{"a": 1,}', 1, 9],
    ["[1, 2", 1, 6],
    ["", 1, 1],
    ['{"a": "b\n"}', 1, 9],
    ['{"a": "\\x"}', 1, 8],
    ['{"a": 1} x', 1, 10],
    ["[01]", 1, 3],
    ['{"a" 1}', 1, 6],
    ["[1 2]", 1, 4],
    ["[}", 1, 2],
    ["{1: 2}", 1, 2],
    ["]", 1, 1],
  ])("findJsonFault() places the fault of %j at line %i, column %i", (text, line, column) => {
    expect(findJsonFault(text)).toEqual({ line, column });
  });

  it("findJsonFault() finds a fault exactly where JSON.parse refuses", () => {
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.nat({ max: 2 }),
        fc.constantFrom(..."{}[],:\"\\0-.eE \ntrue'\u0001"),
      )
      .map(([json, at, cut, put]) => {
        const i = at % (json.length + 1);
        return json.slice(0, i) + put + json.slice(i + cut);
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.json()), (text) => {
        expect(findJsonFault(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
