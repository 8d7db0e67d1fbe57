import { describe, expect, it } from "vitest";
import { redactedEcho, redactedValue } from "./redact-echo.ts";

describe("redactedEcho()", () => {
  it.each([
    ["see https://cdn.example/b?X-Amz-Signature=abc123", "see https://cdn.example/b?X-Amz-Signature=REDACTED"],
    ["see https://cdn.example/b?any=abc&amp;other=def!", "see https://cdn.example/b?any=REDACTED&other=REDACTED"],
    ["/upload/1?_state=aaaa is gone", "/upload/1?_state=REDACTED is gone"],
    ["https://user:pw@r.example/v2/", "https://r.example/v2/"],
    ["bad X-Amz-Signature=0a1b2c3d", "bad X-Amz-Signature=REDACTED"],
    ["x-goog-signature: 0a1b2c3d", "x-goog-signature: REDACTED"],
    ["sig=Zm9v%2Bbar%3D is wrong", "sig=REDACTED is wrong"],
    ['{"token": "abcdef123"}', '{"token": "REDACTED"}'],
    ["<SignatureProvided>abc/123+def=</SignatureProvided>", "<SignatureProvided>REDACTED</SignatureProvided>"],
    ["token: expired", "token: expired"],
    ["really? yes", "really? yes"],
    ["digest=sha256:0123 was not found", "digest=sha256:0123 was not found"],
    [
      "https://r.example/token?service=r&scope=repository:a:pull",
      "https://r.example/token?service=r&scope=repository:a:pull",
    ],
  ])("%s", (text, expected) => {
    expect(redactedEcho(text)).toBe(expected);
  });

  it.each([
    ["as it was written", "cannot serve Zm9v%2Bbar%3D", "cannot serve REDACTED"],
    ["decoded", "cannot serve Zm9v+bar=", "cannot serve REDACTED"],
    ["within other text", "x=[Zm9v%2Bbar%3D]", "x=[REDACTED]"],
    ["but no value that is too short for a secret", "se=1 of 12", "se=1 of 12"],
    ["but not a digest", "no sha256:0123456789", "no sha256:0123456789"],
    ["the password", "hunter-22", "REDACTED"],
  ])("replaces what stands in the URL of the request, %s", (_, text, expected) => {
    const url = new URL("https://me:hunter-22@cdn.example/b?what=Zm9v%2Bbar%3D&se=1&digest=sha256:0123456789");
    expect(redactedEcho(text, [url])).toBe(expected);
  });

  it("takes time in proportion to the text", () => {
    const texts = ["?a", "token", "https://", "sig=", "?", "a=b&", "<Signature>"].map((part) => part.repeat(20_000));
    expect(texts.map((text) => typeof redactedEcho(text))).toEqual(texts.map(() => "string"));
  });
});

describe("redactedValue()", () => {
  it("replaces in keys, lists and under names of secrets", () => {
    const url = new URL("https://cdn.example/b?what=abcdef123456");
    expect(
      redactedValue({ list: ["abcdef123456", 1, null], signature: "0a1b2c3d", abcdef123456: true }, [url]),
    ).toEqual({
      list: ["REDACTED", 1, null],
      signature: "REDACTED",
      REDACTED: true,
    });
  });
});
