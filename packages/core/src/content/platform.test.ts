import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Platform } from "./descriptor.ts";
import { formatPlatform, matchesPlatform, parsePlatform } from "./platform.ts";

const platforms: [string, Platform][] = [
  ["linux/amd64", { os: "linux", architecture: "amd64" }],
  ["linux/arm64/v8", { os: "linux", architecture: "arm64", variant: "v8" }],
  ["linux/arm/7", { os: "linux", architecture: "arm", variant: "v7" }],
  ["linux/arm", { os: "linux", architecture: "arm" }],
  ["linux/armhf", { os: "linux", architecture: "arm", variant: "v7" }],
  ["linux/armel", { os: "linux", architecture: "arm", variant: "v6" }],
  ["Linux/X86_64", { os: "linux", architecture: "amd64" }],
  ["linux/x86-64", { os: "linux", architecture: "amd64" }],
  ["linux/i386", { os: "linux", architecture: "386" }],
  ["linux/aarch64", { os: "linux", architecture: "arm64" }],
  ["macos/aarch64", { os: "darwin", architecture: "arm64" }],
  ["windows/amd64:10.0.17763", { os: "windows", architecture: "amd64", "os.version": "10.0.17763" }],
  ["unknown/unknown", { os: "unknown", architecture: "unknown" }],
];

describe("parsePlatform()", () => {
  it.each(platforms)("reads %s", (text, platform) => {
    expect(parsePlatform(text)).toStrictEqual(platform);
  });

  it.each([
    "",
    "linux",
    "amd64",
    "linux/",
    "/amd64",
    "linux/amd64/",
    "linux/arm/v7/x",
    "linux/amd64:",
    "a/b:1:2",
    "*/amd64",
    "linux/amd64,linux/arm",
    "linux / amd64",
  ])("refuses %j", (text) => {
    expect(() => parsePlatform(text)).toThrow(SyntaxError);
    expect(() => parsePlatform(text)).toThrow(/^Bad platform ".*": (?:expected OS\/ARCHITECTURE|part ".*" must be)/);
  });

  it("throws nothing but SyntaxError and reads back what formatPlatform() writes", () => {
    const nearlyValid = fc.string({ unit: fc.constantFrom("linux", "/", "/", "arm", "8", "v", ":", "é", "aarch64") });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), nearlyValid), (text) => {
        try {
          const platform = parsePlatform(text);
          expect(parsePlatform(formatPlatform(platform))).toStrictEqual(platform);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
        }
      }),
    );
  });
});

describe("formatPlatform()", () => {
  it("writes every part that is there", () => {
    expect(formatPlatform({ os: "linux", architecture: "arm", variant: "v6" })).toBe("linux/arm/v6");
    expect(formatPlatform({ os: "windows", architecture: "amd64", "os.version": "10.0" })).toBe("windows/amd64:10.0");
  });
});

describe("matchesPlatform()", () => {
  it.each([
    ["linux/amd64", "linux/amd64"],
    ["linux/amd64", "linux/amd64/v1"],
    ["linux/x86_64", "linux/amd64"],
    ["linux/arm64", "linux/arm64/v8"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/v7", "linux/arm"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["windows/amd64", "windows/amd64:10.0.20348.1"],
    ["windows/amd64:10.0.17763", "windows/amd64:10.0.17763.6293"],
    ["windows/amd64:10.0.17763.6293", "windows/amd64:10.0.17763.6293"],
  ])("finds %s in %s", (wanted, actual) => {
    expect(matchesPlatform(parsePlatform(wanted), parsePlatform(actual))).toBe(true);
  });

  it.each([
    ["linux/amd64", "linux/arm64"],
    ["linux/amd64", "windows/amd64"],
    ["linux/amd64", "linux/amd64/v3"],
    ["linux/arm", "linux/arm/v6"],
    ["linux/arm/v6", "linux/arm"],
    ["linux/arm64", "linux/arm64/v9"],
    ["linux/amd64", "unknown/unknown"],
    ["windows/amd64:10.0.17763", "windows/amd64:10.0.177630"],
    ["windows/amd64:10.0.17763.1", "windows/amd64:10.0.17763"],
    ["windows/amd64:10.0.17763", "windows/amd64"],
  ])("doesn't find %s in %s", (wanted, actual) => {
    expect(matchesPlatform(parsePlatform(wanted), parsePlatform(actual))).toBe(false);
  });

  it("normalises what an index says", () => {
    expect(matchesPlatform(parsePlatform("linux/arm64"), { os: "linux", architecture: "aarch64", variant: "" })).toBe(
      true,
    );
    expect(matchesPlatform(parsePlatform("linux/amd64"), { os: "", architecture: "" })).toBe(false);
  });

  it("wants all features that were asked for", () => {
    const wanted: Platform = { os: "windows", architecture: "amd64", "os.features": ["win32k"] };
    expect(matchesPlatform(wanted, { ...wanted, "os.features": ["other", "win32k"] })).toBe(true);
    expect(matchesPlatform(wanted, { os: "windows", architecture: "amd64" })).toBe(false);
    expect(matchesPlatform({ os: "windows", architecture: "amd64" }, wanted)).toBe(true);
  });
});
