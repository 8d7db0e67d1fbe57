import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { Conversion } from "../commands/convert/conversion.ts";
import { writeMirrorFile } from "../commands/convert/write-mirror-file.ts";
import { formatPlan } from "../sync/plan-file.ts";
import { escapeText, safeJson } from "./escape-text.ts";

/** C0, DEL, C1, marks of direction, separators, a tag character beyond the BMP, half of a pair. */
const HOSTILE = "a\u001b[31m\r\u007f\u0085\u009b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\u{e0041}\ud800z";

const UNSAFE = /[^\n\x20-\x7e]/;

describe("escapeText()", () => {
  it("leaves line feeds, and what is printed as it is", () => {
    expect(escapeText("a\nö — 字 🐳")).toBe("a\nö — 字 🐳");
  });

  it("shows all else as what it is", () => {
    expect(escapeText(HOSTILE)).not.toMatch(UNSAFE);
    expect(escapeText("\u001b\u009b\u202e")).toBe(String.raw`\u{1b}\u{9b}\u{202e}`);
  });
});

describe("safeJson()", () => {
  it.each([undefined, 2])("gives the same data, with such characters escaped: indent %s", (indent) => {
    const value = { [HOSTILE]: [HOSTILE, { deep: HOSTILE }] };
    const text = safeJson(value, indent);
    expect(text).not.toMatch(UNSAFE);
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe("formatPlan()", () => {
  it("escapes what a plan holds", () => {
    const plan = { kind: "plan", mirrors: [HOSTILE], images: [{ from: HOSTILE }] };
    const text = formatPlan(plan as never);
    expect(text).not.toMatch(UNSAFE);
    expect(JSON.parse(text)).toEqual(plan);
  });
});

describe("writeMirrorFile()", () => {
  it("escapes what another tool's file holds, and means the same", () => {
    const conversion = new Conversion();
    conversion.mirror({ from: "a.example/b", to: "c.example/d", tags: { regex: [HOSTILE.replace("\ud800", "")] } }, 1);
    const text = writeMirrorFile(conversion, { from: "x\u202e.yaml", schedule: undefined });
    expect(text).not.toMatch(UNSAFE);
    expect(parseDocument(text).toJS()).toMatchObject({
      mirrors: [{ tags: { regex: [HOSTILE.replace("\ud800", "")] } }],
    });
  });
});
