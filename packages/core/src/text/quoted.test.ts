import { describe, expect, it } from "vitest";
import { quoted } from "./quoted.ts";

describe("quoted()", () => {
  it("escapes what breaks a line, steers a terminal or turns text around", () => {
    expect(quoted('a"\n\u001b[31m\u009b\u2028\u202e\ud800')).toBe(
      String.raw`"a\"\n\u001b[31m\u{9b}\u{2028}\u{202e}\ud800"`,
    );
  });

  it("shows 200 characters of a longer text", () => {
    expect(quoted("x".repeat(201))).toBe(`"${"x".repeat(200)}…"`);
    expect(quoted("x".repeat(200))).toBe(`"${"x".repeat(200)}"`);
  });
});
