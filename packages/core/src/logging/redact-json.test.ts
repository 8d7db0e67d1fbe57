import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactedJson } from "./redact-json.ts";

describe("redactedJson()", () => {
  it.each([
    ['{"access_token":"abc","expires_in":300}', '{"access_token":"REDACTED","expires_in":300}'],
    ['{ "refreshToken" : "a\\"b", "n": 1 }', '{ "refreshToken" : "REDACTED", "n": 1 }'],
    ['{"password":12,"x":[{"Secret":null}]}', '{"password":"REDACTED","x":[{"Secret":"REDACTED"}]}'],
    ['{"passwords":[{"value":"a"},["b"]],"tag":"v1"}', '{"passwords":"REDACTED","tag":"v1"}'],
    ['{"tok\\u0065n":"abc"}', '{"tok\\u0065n":"REDACTED"}'],
    ['{"detail":"{\\"token\\":\\"abc\\"}"}', '{"detail":"{\\"token\\":\\"REDACTED\\"}"}'],
    [
      '{"message":"bad eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln, Basic dXNlcjpwYXNz"}',
      '{"message":"bad REDACTED, REDACTED"}',
    ],
    ['{"tags":["token","password"]}', '{"tags":["token","password"]}'],
    ['{"token":"cut o', '{"token":"REDACTED"'],
    ['{"token":"cut of\\', '{"token":"REDACTED"'],
    ['{"credentials":{"a":"cut o', '{"credentials":"REDACTED"'],
  ])("%s", (text, expected) => {
    expect(redactedJson(text)).toBe(expected);
  });

  it("leaves a document without secrets as it is", () => {
    const text = '{\n  "schemaVersion": 2,\n  "layers": [{"digest": "sha256:1", "size": -1.5e3}], "a": {}\n}';
    expect(redactedJson(text)).toBe(text);
  });

  it("never shows a secret, wherever the document is cut", () => {
    const secret = fc.string({ minLength: 6, unit: fc.constantFrom('"', "\\", "z", " ", "}", "é", "\n") });
    fc.assert(
      fc.property(secret, fc.nat(200), (value, cut) => {
        const text = JSON.stringify({ name: "n", access_token: `qqq${value}`, more: [{ password: ["qqq", value] }] });
        expect(redactedJson(text.slice(0, cut))).not.toContain("qqq");
      }),
    );
  });
});
