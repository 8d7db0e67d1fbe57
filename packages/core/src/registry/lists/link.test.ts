import { describe, expect, it } from "vitest";
import { nextLink } from "./link.ts";

describe("nextLink()", () => {
  it.each([
    [undefined, undefined],
    ["", undefined],
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', "/v2/a/tags/list?n=2&last=b"],
    ["</next>;rel=next", "/next"],
    ['</next>; title="a, b; c"; rel="next"', "/next"],
    ['</first>; rel="first", </next>; rel="prefetch next"', "/next"],
    ['</previous>; rel="previous"', undefined],
    ['</next>; rel="nextish"', undefined],
    ['</n>; title="rel=next"; rel=prev', undefined],
    ['</n>; rel="prev"; rel="next"', undefined],
    ['</n?last=a,b;c>; REL = "Next"', "/n?last=a,b;c"],
    ["</n>;rel=next;", "/n"],
    [" , </n>; rel=next ,", "/n"],
    ["<>; rel=next", ""],
  ])("of %j is %j", (header, expected) => {
    expect(nextLink(header)).toBe(expected);
  });

  it.each([
    "</next>",
    "/next; rel=next",
    '</next>; rel="next',
    "<</next>>; rel=next",
    "</first>; rel=first </next>; rel=next",
    "</first>; rel=first, /next; rel=next",
    "next",
  ])("refuses %j, which may name a next page", (header) => {
    expect(() => nextLink(header)).toThrow(SyntaxError);
  });
});
