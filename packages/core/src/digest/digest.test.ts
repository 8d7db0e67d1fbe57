import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { algorithmOf, digestOf, hasherFor, isDigest, parseDigest } from "./digest.ts";

const SHA256_OF_ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA512_OF_ABC =
  "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
const abc = new TextEncoder().encode("abc");

describe("parseDigest()", () => {
  it.each([SHA256_OF_ABC, SHA512_OF_ABC])("takes %s", (text) => {
    expect(parseDigest(text)).toBe(text);
  });

  it.each([
    ["", "expected ALGORITHM:HEX"],
    ["a".repeat(64), "expected ALGORITHM:HEX"],
    ["md5:d41d8cd98f00b204e9800998ecf8427e", 'algorithm "md5" is not supported'],
    ["SHA256:".concat("a".repeat(64)), 'algorithm "SHA256" is not supported'],
    ["sha256:", "expected 64 lower-case hex digits"],
    [`sha256:${"a".repeat(63)}`, "expected 64 lower-case hex digits"],
    [`sha256:${"A".repeat(64)}`, "expected 64 lower-case hex digits"],
    [`sha256:${"a".repeat(64)}\n`, "expected 64 lower-case hex digits"],
    [`sha256:${"a".repeat(128)}`, "expected 64 lower-case hex digits"],
    [`sha512:${"a".repeat(64)}`, "expected 128 lower-case hex digits"],
    [`sha256:../../${"a".repeat(58)}`, "expected 64 lower-case hex digits"],
  ])("refuses %j", (text, reason) => {
    expect(() => parseDigest(text)).toThrow(SyntaxError);
    expect(() => parseDigest(text)).toThrow(reason);
    expect(isDigest(text)).toBe(false);
  });

  it("takes back every digest that digestOf() makes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom("sha256", "sha512"), (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm);
        expect(parseDigest(digest)).toBe(digest);
        expect(isDigest(digest)).toBe(true);
        expect(algorithmOf(digest)).toBe(algorithm);
        expect(`${algorithm}:${hasherFor(digest).update(bytes).digest("hex")}`).toBe(digest);
      }),
    );
  });

  it("throws nothing but SyntaxError", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom("", "sha256:", "sha512:"), (text, prefix) => {
        expect(() => parseDigest(prefix + text)).toThrow(SyntaxError);
      }),
    );
  });
});

describe("digestOf()", () => {
  it("gives the known digests of abc", () => {
    expect(digestOf(abc)).toBe(SHA256_OF_ABC);
    expect(digestOf(abc, "sha512")).toBe(SHA512_OF_ABC);
  });
});
