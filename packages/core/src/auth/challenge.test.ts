import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges } from "./challenge.ts";

function read(header: string): readonly [string, Readonly<Record<string, string>>][] {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe("parseChallenges()", () => {
  it.each<[string, readonly [string, Readonly<Record<string, string>>][]]>([
    ["", []],
    ["Basic", [["basic", {}]]],
    ['Basic realm="a"', [["basic", { realm: "a" }]]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull,push"',
      [
        [
          "bearer",
          {
            realm: "https://auth.docker.io/token",
            service: "registry.docker.io",
            scope: "repository:library/alpine:pull,push",
          },
        ],
      ],
    ],
    ['BEARER  Realm = "a" , SERVICE= b', [["bearer", { realm: "a", service: "b" }]]],
    [
      'Basic realm="a", Bearer realm="b", service="c"',
      [
        ["basic", { realm: "a" }],
        ["bearer", { realm: "b", service: "c" }],
      ],
    ],
    [
      'Negotiate, Basic realm="x"',
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      'Negotiate YII==, Basic realm="x"',
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      "Negotiate, NTLM",
      [
        ["negotiate", {}],
        ["ntlm", {}],
      ],
    ],
    [',, Basic realm="a",,', [["basic", { realm: "a" }]]],
    ['Basic realm="say \\"a\\\\b\\"", charset="UTF-8"', [["basic", { realm: 'say "a\\b"', charset: "UTF-8" }]]],
    ['Bearer realm="a,b=c, Basic realm=d"', [["bearer", { realm: "a,b=c, Basic realm=d" }]]],
    ['Bearer realm="a", realm="b"', [["bearer", { realm: "a" }]]],
    ["Bearer realm=https://a.example/t,service=s", [["bearer", { realm: "https://a.example/t", service: "s" }]]],
    ['Bearer realm="a",scope=""', [["bearer", { realm: "a", scope: "" }]]],
    ['realm="a"', []],
    ['Bearer realm="never ends', [["bearer", {}]]],
  ])("reads %s", (header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  it("reads back whatever was written, however it is spaced", () => {
    const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,8}$/);
    const space = fc.constantFrom("", " ", "\t", "  ");
    const value = fc.string({ maxLength: 20 });
    const challenge = fc.tuple(
      token,
      fc.uniqueArray(fc.tuple(token, value, space), {
        minLength: 1,
        maxLength: 4,
        selector: ([name]) => name.toLowerCase(),
      }),
    );
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), space, (challenges, gap) => {
        const header = challenges
          .map(([scheme, parameters]) => {
            const quoted = parameters.map(
              ([name, text, at]) => `${name}${at}=${at}"${text.replace(/["\\]/g, "\\$&")}"`,
            );
            return `${scheme} ${quoted.join(`${gap},${gap}`)}`;
          })
          .join(`${gap},${gap}`);
        expect(read(header)).toEqual(
          challenges.map(([scheme, parameters]) => [
            scheme.toLowerCase(),
            Object.fromEntries(parameters.map(([name, text]) => [name.toLowerCase(), text])),
          ]),
        );
      }),
    );
  });

  it("ends on any text", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "B", '"', "\\", ",", "=", " ", "\t", "/", ":", "\u00e9"),
      maxLength: 60,
    });
    fc.assert(fc.property(text, (header) => void parseChallenges(header)));
  });
});
