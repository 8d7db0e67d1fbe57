import { describe, expect, it } from "vitest";
import { slicedPages } from "./paged-list.ts";

const LETTERS = ["c", "a", "d", "b"];

function sliced(options: { readonly maxPageSize?: number; readonly last?: string }) {
  return [...slicedPages(LETTERS, (letter) => letter, options)].map((page) => [page.join(""), page.last]);
}

describe("slicedPages()", () => {
  it("is one page unless a length is asked for", () => {
    expect(sliced({})).toEqual([["cadb", undefined]]);
    expect([...slicedPages([], String, {})]).toEqual([]);
  });

  it("says after each page how to go on", () => {
    expect(sliced({ maxPageSize: 2 })).toEqual([
      ["ca", "a"],
      ["db", undefined],
    ]);
    expect(sliced({ maxPageSize: 3 })).toEqual([
      ["cad", "d"],
      ["b", undefined],
    ]);
  });

  it("goes on after an item, and refuses to after one that is not there", () => {
    expect(sliced({ last: "a" })).toEqual([["db", undefined]]);
    expect(sliced({ last: "b" })).toEqual([]);
    expect(() => sliced({ last: "x" })).toThrow(/^Cannot go on after "x": it is not in the list any more/);
  });
});
