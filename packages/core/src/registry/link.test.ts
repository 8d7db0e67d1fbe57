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
    ["</next>", undefined],
    ["/next; rel=next", undefined],
  ])("of %j is %j", (header, expected) => {
    expect(nextLink(header)).toBe(expected);
  });
});
