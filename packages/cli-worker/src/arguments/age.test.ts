import { describe, expect, it } from "vitest";
import { parseAge } from "./age.ts";

describe("parseAge()", () => {
  it.each([
    ["90m", 5_400_000],
    ["12h", 43_200_000],
    ["30d", 2_592_000_000],
    ["2w", 1_209_600_000],
  ])("reads %s", (text, ms) => {
    expect(parseAge(text)).toBe(ms);
  });

  it.each(["", "30", "d", "1.5d", "-1d", "30D", "1y", "30d "])("refuses %j", (text) => {
    expect(() => parseAge(text)).toThrow(SyntaxError);
  });
});
