import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatLocation, formatPlace, parseLocation, referenceOf } from "./location.ts";

const DIGEST = `sha256:${"6c3c".repeat(16)}`;

describe("parseLocation()", () => {
  it.each([
    ["alpine", "docker.io/library/alpine", undefined],
    ["alpine:3.20", "docker.io/library/alpine", "3.20"],
    ["docker://alpine:3.20", "docker.io/library/alpine", "3.20"],
    ["localhost:5000/app", "localhost:5000/app", undefined],
    ["docker://[::1]:5000/team/app:v1", "[::1]:5000/team/app", "v1"],
    [`r.example/app@${DIGEST}`, "r.example/app", DIGEST],
  ])("reads %s as a repository", (text, place, reference) => {
    const location = parseLocation(text);
    expect(location.kind).toBe("registry");
    expect([formatPlace(location), referenceOf(location)]).toEqual([place, reference]);
  });

  it.each([
    ["oci:dir", "dir", undefined],
    ["oci:/tmp/images:v1", "/tmp/images", "v1"],
    ["oci:../a b:v1", "../a b", "v1"],
    ["oci:dir:docker.io/library/alpine:3.20", "dir", "docker.io/library/alpine:3.20"],
    [`oci:dir@${DIGEST}`, "dir", DIGEST],
    ["oci:me@home", "me@home", undefined],
  ])("reads %s as a layout, the first colon ending its directory", (text, directory, reference) => {
    expect(parseLocation(text)).toEqual({ kind: "layout", directory, ...(reference && { reference }) });
  });

  it.each([
    ["", /empty/],
    ["r.example/APP", /lower case/],
    ["oci:", /directory is missing/],
    ["oci::v1", /directory is missing/],
    ["oci:dir:", /tag after the colon is missing/],
    ["oci:dir:a b", /can't be a tag/],
    ["oci://dir", /without slashes in front/],
    ["oci:dir@sha256:12", /no digest/],
    ["oci-archive:file.tar", /this release doesn't read "oci-archive:"; unpack it/],
    ["docker-archive:file.tar:name", /this release doesn't read "docker-archive:"/],
    ["docker:alpine", /two slashes/],
    ["docker-daemon:alpine:3", /this release doesn't read "docker-daemon:"/],
    ["sif:x", /there are docker:\/\//],
    ["https://r.example/app", /an image has no URL/],
    ["box:/tmp", /the transport "box" is unknown; there are docker:\/\//],
    ["./dir", /write oci:\.\/dir/],
    ["/tmp/dir", /write oci:\/tmp\/dir/],
    ["~/dir", /write oci:~\/dir/],
  ])("refuses %j and says why", (text, reason) => {
    expect(() => parseLocation(text)).toThrow(reason);
    expect(() => parseLocation(text)).toThrow(SyntaxError);
  });

  it("gives a location or a SyntaxError for any text, and formatLocation() reads back to the same", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc
        .tuple(fc.constantFrom("oci:", "docker://", ""), fc.stringMatching(/^[a-z./@:-]{1,12}$/))
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (input) => {
        let location: ReturnType<typeof parseLocation>;
        try {
          location = parseLocation(input);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          return;
        }
        expect(parseLocation(formatLocation(location))).toEqual(location);
      }),
    );
  });
});
