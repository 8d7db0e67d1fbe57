import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  apiHost,
  formatReference,
  formatRepository,
  parseReference,
  parseRepository,
  type Reference,
} from "./reference.ts";

const HEX = "a".repeat(64);
const DIGEST = `sha256:${HEX}`;

const taken: [string, Reference][] = [
  ["alpine", { host: "docker.io", repository: "library/alpine" }],
  ["alpine:3.20", { host: "docker.io", repository: "library/alpine", tag: "3.20" }],
  [`alpine@${DIGEST}`, { host: "docker.io", repository: "library/alpine", digest: `sha256:${HEX}` }],
  ["bitnami/redis", { host: "docker.io", repository: "bitnami/redis" }],
  ["docker.io/alpine", { host: "docker.io", repository: "library/alpine" }],
  ["docker.io/library/alpine", { host: "docker.io", repository: "library/alpine" }],
  ["index.docker.io/alpine", { host: "docker.io", repository: "library/alpine" }],
  ["quay.io/app", { host: "quay.io", repository: "app" }],
  ["registry:5000/app", { host: "registry:5000", repository: "app" }],
  ["registry:5000/app:5000", { host: "registry:5000", repository: "app", tag: "5000" }],
  ["localhost/app", { host: "localhost", repository: "app" }],
  ["LOCALHOST/app", { host: "localhost", repository: "app" }],
  ["localhosts/app", { host: "docker.io", repository: "localhosts/app" }],
  ["[::1]/app", { host: "[::1]", repository: "app" }],
  ["[::1]:5000/app:v1", { host: "[::1]:5000", repository: "app", tag: "v1" }],
  [`[::1]:5000/app@${DIGEST}`, { host: "[::1]:5000", repository: "app", digest: `sha256:${HEX}` }],
  ["R.Example/a/b/c", { host: "r.example", repository: "a/b/c" }],
  ["my_registry:5000/app:v1", { host: "my_registry:5000", repository: "app", tag: "v1" }],
  ["r.example./app", { host: "r.example.", repository: "app" }],
  ["r.example/a__b/c---d/e.f_g:_x", { host: "r.example", repository: "a__b/c---d/e.f_g", tag: "_x" }],
  [`r.example/app:${"t".repeat(128)}`, { host: "r.example", repository: "app", tag: "t".repeat(128) }],
  [`r.example/${"r".repeat(255)}`, { host: "r.example", repository: "r".repeat(255) }],
];

const refused: [string, string][] = [
  ["", "it is empty: write HOST/REPOSITORY"],
  [" alpine", "white space"],
  ["alpine\n", "white space"],
  ["al\u00a0pine", "white space"],
  ["https://r.example/app", 'leave out "https://"'],
  ["docker://alpine", 'leave out "docker://"'],
  ["Alpine", 'must be lower case: write "alpine"'],
  ["r.example/App", 'must be lower case: write "app"'],
  ["Foo/bar", 'must be lower case: write "foo/bar"'],
  ["r.example//app", "empty part"],
  ["r.example/app/", "empty part"],
  ["/app", "empty part"],
  ["r.example/", "it is empty"],
  ["docker.io/", "it is empty"],
  ["r.example/a...b", 'part "a...b"'],
  ["r.example/a___b", 'part "a___b"'],
  ["r.example/-a", 'part "-a"'],
  ["r.example/../etc", 'part ".."'],
  ["r.example/a%2fb", 'part "a%2fb"'],
  ["r.example/a?b", 'part "a?b"'],
  ["r.example/é", 'part "é"'],
  ["a:b:c", 'part "a:b"'],
  [`r.example/${"r".repeat(256)}`, "256 characters, at most 255"],
  [`${"r".repeat(248)}`, "256 characters, at most 255"],
  ["r.example/app:", 'Bad tag "": it is empty'],
  ["r.example/app:-x", "the first a letter, a digit"],
  ["r.example/app:.x", "the first a letter, a digit"],
  ["r.example/app:a+b", "expected letters, digits"],
  [`r.example/app:${"t".repeat(129)}`, "129 characters, at most 128"],
  ["r.example/app@", "expected ALGORITHM:HEX"],
  [
    "r.example/app@md5:123",
    'Bad reference "r.example/app@md5:123": Bad digest "md5:123": algorithm "md5" is not supported',
  ],
  ["bad::ref", 'Bad reference "bad::ref": Bad repository "bad:": part "bad:" must be'],
  ["r.example/app@sha256:abc", "expected 64 lower-case hex digits"],
  ["r.example/app@md5:d41d8cd98f00b204e9800998ecf8427e", 'algorithm "md5" is not supported'],
  [`r.example/app@${DIGEST}@${DIGEST}`, "expected 64 lower-case hex digits"],
  [`r.example/app:v1@${DIGEST}`, `write "r.example/app:v1" or "r.example/app@${DIGEST}"`],
  [HEX, `write HOST/REPOSITORY@sha256:${HEX}`],
  ["r.example:0/app", 'port "0"'],
  ["r.example:/app", 'port ""'],
  ["r.example:65536/app", 'port "65536"'],
  ["127.1/app", "must be an IPv4 address"],
  ["[::1", "expected HOST or HOST:PORT"],
  ["[::x]/app", "is no IPv6 address"],
  ["r.example", 'names a host and no repository: write "r.example/REPOSITORY"'],
  ["r.example:5000", 'write "r.example:5000/REPOSITORY"'],
  ["localhost", 'write "localhost/REPOSITORY"'],
  ["localhost:5000", 'write "localhost:5000/REPOSITORY"'],
  ["[::1]", 'write "[::1]/REPOSITORY"'],
  [`https://r.example/app@${DIGEST}`, `Bad reference "https://r.example/app@${DIGEST}": leave out "https://"`],
  ["r.example/app@sha256:123", 'Bad reference "r.example/app@sha256:123": Bad digest'],
  ["[::1]:5000", 'write "[::1]:5000/REPOSITORY"'],
  ["my.image:v1", '(or "docker.io/library/my.image:v1" if that image is meant)'],
];

describe("parseReference()", () => {
  it.each(taken)("reads %s", (text, reference) => {
    expect(parseReference(text)).toStrictEqual(reference);
  });

  it.each(refused)("refuses %j with the reason", (text, reason) => {
    expect(() => parseReference(text)).toThrow(SyntaxError);
    expect(() => parseReference(text)).toThrow(reason);
    expect(() => parseReference(text)).toThrow(/^Bad reference "/);
  });

  it.each([
    "https://user:secret@r.example/app",
    "user:secret@r.example/app",
    "https://user:secret@r.example:5000",
    "user:secret@r.example",
    "user:secret@r:5000",
    "u:secret@localhost",
    "user:secret/part@r:5000",
  ])("shows no password of %s", (text) => {
    expect(() => parseReference(text)).toThrow(/^(?!.*secret)Bad reference "\*\*\*@[rl]/s);
    expect(() => parseRepository(text)).toThrow(/^(?!.*secret)Bad repository "\*\*\*@[rl]/s);
  });

  it("throws nothing but SyntaxError, with a message of one line", () => {
    const nearlyValid = fc.string({ unit: fc.constantFrom(..."aA0.:/@[]_-% \n", "localhost", "sha256:", DIGEST) });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), nearlyValid), (text) => {
        try {
          const reference = parseReference(text);
          expect(parseReference(formatReference(reference))).toStrictEqual(reference);
          expect(URL.canParse(`https://${apiHost(reference.host)}/v2/${reference.repository}/`)).toBe(true);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          expect(error.message).not.toMatch(/[\n\r\u2028\u2029]/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("formatReference()", () => {
  it("is read back to the same by parseReference()", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,6}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,6}){0,2}$/);
    const repository = fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join("/"));
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
    const name = fc.oneof(
      fc.constantFrom("docker.io", "localhost", "[::1]"),
      fc.ipV4(),
      fc.domain().map((domain) => domain.toLowerCase()),
    );
    const host = fc.tuple(name, port).map(([base, number]) => (number === undefined ? base : `${base}:${number}`));
    const rest = fc.oneof(
      fc.constant({}),
      fc.record({ tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/) }),
      fc.record({ digest: fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}` as const) }),
    );
    fc.assert(
      fc.property(host, repository, rest, (at, path, named) => {
        const reference: Reference = { host: at, repository: path, ...named };
        expect(parseReference(formatReference(reference))).toStrictEqual(reference);
      }),
    );
  });

  it("writes host and library out", () => {
    expect(formatReference(parseReference("alpine:3"))).toBe("docker.io/library/alpine:3");
    expect(formatReference(parseReference(`localhost:5000/a@${DIGEST}`))).toBe(`localhost:5000/a@${DIGEST}`);
  });
});

describe("parseRepository()", () => {
  it("reads a repository", () => {
    expect(parseRepository("alpine")).toStrictEqual({ host: "docker.io", repository: "library/alpine" });
    expect(formatRepository(parseRepository("[::1]:5000/a/b"))).toBe("[::1]:5000/a/b");
  });

  it.each([
    ["r.example:5000/app:v1", 'it has a tag, a repository is wanted: write "r.example:5000/app"'],
    [`r.example/app@${DIGEST}`, 'it has a digest, a repository is wanted: write "r.example/app"'],
    ["r.example/App", 'Bad repository "r.example/App": Bad repository "App": it must be lower case'],
  ])("refuses %s", (text, reason) => {
    expect(() => parseRepository(text)).toThrow(SyntaxError);
    expect(() => parseRepository(text)).toThrow(reason);
  });
});

describe("apiHost()", () => {
  it("knows where Docker Hub's API is and leaves others alone", () => {
    expect(apiHost("docker.io")).toBe("registry-1.docker.io");
    expect(apiHost("quay.io:443")).toBe("quay.io:443");
  });
});
