import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "./retry-after.ts";

const NOW = Date.parse("2026-11-23T20:00:00Z");

describe("parseRetryAfter()", () => {
  it.each([
    ["0", 0],
    ["120", 120_000],
    [" 7 ", 7000],
    ["Mon, 23 Nov 2026 20:00:30 GMT", 30_000],
    ["Monday, 23-Nov-26 20:00:30 GMT", 30_000],
    ["Mon, 23 Nov 2026 19:00:00 GMT", 0],
    ["99999999999999999999", 100 * 365 * 86_400_000],
    ["9".repeat(400), 100 * 365 * 86_400_000],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 100 * 365 * 86_400_000],
    ["soon", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("reads %j as %j ms", (header, ms) => {
    expect(parseRetryAfter(header, NOW)).toBe(ms);
  });
});
