import { describe, expect, it } from "vitest";
import { counted, formatBytes, formatDuration, formatTimeLeft } from "./units.ts";

describe("formatBytes()", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [999_949, "999.9 kB"],
    [999_950, "1.0 MB"],
    [45_300_000, "45.3 MB"],
    [2 ** 31, "2.1 GB"],
    [1e18, "1000.0 PB"],
  ])("shows %d bytes as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("formatTimeLeft()", () => {
  it.each([
    [0.2, "0:01"],
    [59.5, "1:00"],
    [750, "12:30"],
    [3723, "1:02:03"],
  ])("shows %d s as %s", (seconds, text) => expect(formatTimeLeft(seconds)).toBe(text));
});

describe("formatDuration()", () => {
  it.each([
    [35.4, "35 ms"],
    [2440, "2.4 s"],
    [59_940, "59.9 s"],
    [59_951, "1 min 0 s"],
    [200_000, "3 min 20 s"],
  ])("shows %d ms as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe("counted()", () => {
  it("has a plural", () =>
    expect([0, 1, 2].map((count) => counted(count, "tag"))).toEqual(["0 tags", "1 tag", "2 tags"]));
});
