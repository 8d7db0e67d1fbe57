import { describe, expect, it } from "vitest";
import { redirectHint } from "./redirect-hint.ts";

describe("redirectHint()", () => {
  const KEY = "this key of the registry under hosts in a mirror file";
  it.each([
    [
      "to allow it, list s3.example:9000 in allowHttpRedirectTo",
      `that is --allow-http-redirect s3.example:9000, or ${KEY}`,
    ],
    ["to allow it, list [fd00::1]:9000 in allowRedirectTo", `that is --allow-redirect [fd00::1]:9000, or ${KEY}`],
    [
      "to allow it, list 10.0.0.1 in allowHttpRedirectTo and allowRedirectTo",
      `that is --allow-http-redirect 10.0.0.1 --allow-redirect 10.0.0.1, or ${KEY.replace("this key", "these keys")}`,
    ],
    ["it leads to ftp://", undefined],
  ])("%s", (detail, hint) => {
    expect(redirectHint(`Cannot read blob "b" from "r.example/app": the Location is refused: x; ${detail}`)).toBe(hint);
  });
});
