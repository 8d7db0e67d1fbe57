import { describe, expect, it } from "vitest";
import { parseToken } from "../auth/token.ts";
import { parseAuthFile } from "../credentials/auth-file.ts";
import { parseErrors } from "../http/errors/refusal.ts";
import { NestedTooDeep, parseJson } from "./parse-json.ts";

const lists = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

describe("parseJson()", () => {
  it.each([
    ["lists", lists(1000)],
    ["objects", objects(1000)],
    ["brackets in strings", JSON.stringify('["'.repeat(5000))],
    ["brackets beside each other", `[${"[],".repeat(5000)}0]`],
  ])("takes 1,000 levels: %s", (_, text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ["lists", lists(1001)],
    ["objects", objects(1001)],
    ["after a string with an escape", `["\\"[",${lists(1000)}]`],
    ["a million that are never closed", "[".repeat(1_000_000)],
  ])("refuses more: %s", (_, text) => {
    expect(() => parseJson(text)).toThrow(NestedTooDeep);
  });
});

describe("documents that are nested too deeply", () => {
  const deep = lists(200_000);

  it("fail a token service's answer with a sentence", () => {
    expect(() => parseToken(`{"token":"a","x":${deep}}`, [], undefined)).toThrow(
      "it is nested deeper than 1000 levels",
    );
  });

  it("fail a file of credentials with a sentence", () => {
    expect(() => parseAuthFile(`{"auths":{},"x":${deep}}`, "/a.json")).toThrow(
      'Cannot read credentials from "/a.json": it is nested deeper than 1000 levels',
    );
  });

  it("are as good as none where a registry refuses", () => {
    expect(parseErrors(`{"errors":[{"code":"DENIED","detail":${deep}}]}`)).toEqual([]);
  });
});
