import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patternsOverlap } from "./name-overlap.ts";
import { registryKey } from "./one-registry.ts";
import { fillPattern, formatPattern, matchRepository, parseRepositoryPattern } from "./repository-pattern.ts";

const name = fc.stringMatching(/^[a-z0-9]{1,4}(\/[a-z0-9]{1,4}){0,2}$/);

describe("matchRepository()", () => {
  it("gives what the * stands for, slashes too, and never nothing", () => {
    const pattern = parseRepositoryPattern("acme/*");
    expect(matchRepository(pattern, "acme/app")).toBe("app");
    expect(matchRepository(pattern, "acme/team/app")).toBe("team/app");
    expect(matchRepository(pattern, "acme/")).toBeUndefined();
    expect(matchRepository(pattern, "acmeapp")).toBeUndefined();
  });

  it("gives the last part of a name that is written out", () => {
    expect(matchRepository(parseRepositoryPattern("library/alpine"), "library/alpine")).toBe("alpine");
    expect(matchRepository(parseRepositoryPattern("library/alpine"), "library/busybox")).toBeUndefined();
  });

  it("is undone by fillPattern()", () => {
    fc.assert(
      fc.property(name, name, name, (prefix, suffix, match) => {
        const pattern = parseRepositoryPattern(`${prefix}/*-${suffix}`);
        expect(matchRepository(pattern, fillPattern(pattern, match))).toBe(match);
        expect(formatPattern(pattern)).toBe(`${prefix}/*-${suffix}`);
      }),
    );
  });
});

describe("patternsOverlap()", () => {
  it.each([
    ["a/b", "a/b", true],
    ["a/b", "a/c", false],
    ["a/*", "a/b/c", true],
    ["a/*", "b/*", false],
    ["*", "x", true],
    ["a/*/c", "a/b/*", true],
    ["a*", "*b", true],
    ["a*c", "b*", false],
    ["*x", "*y", false],
  ])("of %s and %s is %s", (a, b, overlaps) => {
    expect(patternsOverlap(a, b)).toBe(overlaps);
    expect(patternsOverlap(b, a)).toBe(overlaps);
  });

  it("holds for every name that both patterns mean", () => {
    const pieces = fc.array(fc.constantFrom("a", "b", "/", "*"), { maxLength: 6 }).map((parts) => parts.join(""));
    const fill = (pattern: string, filling: string): string => pattern.replaceAll("*", filling);
    fc.assert(
      fc.property(pieces, fc.constantFrom("", "a", "b/", "ab"), (pattern, filling) => {
        expect(patternsOverlap(pattern, fill(pattern, filling))).toBe(true);
      }),
    );
  });
});

describe("registryKey()", () => {
  it("gives one name to a registry that has several", () => {
    expect(registryKey("registry-1.docker.io")).toBe(registryKey("docker.io"));
    expect(registryKey("127.0.0.1:5000")).toBe(registryKey("localhost:5000"));
    expect(registryKey("[::1]:5000")).toBe(registryKey("localhost:5000"));
    expect(registryKey("r.example:443")).toBe(registryKey("r.example"));
    expect(registryKey("r.example:5000")).not.toBe(registryKey("r.example"));
  });
});
