import { describe, expect, it } from "vitest";
import { redactedUrl, redactedUrls } from "./redact-query.ts";

describe("redactedUrl()", () => {
  it.each([
    ["https://r.example/v2/_catalog?n=100&last=app", "https://r.example/v2/_catalog?n=100&last=app"],
    ["https://user:pw@r.example/v2/", "https://r.example/v2/"],
    [
      "https://cdn.example/blob?X-Amz-Signature=abc&digest=sha256:1",
      "https://cdn.example/blob?X-Amz-Signature=REDACTED&digest=sha256:1",
    ],
    ["https://r.example/u/1?_state=abc=def", "https://r.example/u/1?_state=REDACTED"],
    ["https://cdn.example/blob?c2VjcmV0", "https://cdn.example/blob?REDACTED"],
    ["https://cdn.example/blob?SIG=1#top", "https://cdn.example/blob?SIG=REDACTED"],
    ["https://r.example/v2/?", "https://r.example/v2/"],
  ])("%s", (url, expected) => {
    expect(redactedUrl(new URL(url))).toBe(expected);
  });

  it("keeps the values of parameters that were named", () => {
    expect(redactedUrl(new URL("https://r.example/?Page=2&sig=1"), new Set(["page"]))).toBe(
      "https://r.example/?Page=2&sig=REDACTED",
    );
  });
});

describe("redactedUrls()", () => {
  it.each([
    ["/v2/app/blobs/uploads/1?_state=secret", "/v2/app/blobs/uploads/1?_state=REDACTED"],
    ['</v2/_catalog?last=a&token=secret>; rel="next"', '</v2/_catalog?last=a&token=REDACTED>; rel="next"'],
    [
      "<https://a:pw@r.example/x?sig=1>; rel=next, <?sig=2#f>",
      "<https://r.example/x?sig=REDACTED>; rel=next, <?sig=REDACTED>",
    ],
  ])("%s", (text, expected) => {
    expect(redactedUrls(text)).toBe(expected);
  });
});
