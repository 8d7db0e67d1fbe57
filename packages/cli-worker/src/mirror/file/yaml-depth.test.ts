import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { convertFiles } from "../../commands/convert/convert-files.ts";
import { MirrorFileError } from "../problem.ts";
import { parseMirrorFile } from "./parse-mirror-file.ts";
import { TOO_DEEP, tooDeepNode } from "./yaml-depth.ts";

const block = (depth: number): string =>
  Array.from({ length: depth }, (_, level) => `${" ".repeat(level)}a:`).join("\n");

const DEEP: readonly (readonly [string, string])[] = [101, 1000, 4000].flatMap((depth) => [
  [`${depth} lists in a line`, `${"[".repeat(depth)}${"]".repeat(depth)}`] as const,
  [`${depth} maps in a line`, `${"{a: ".repeat(depth)}1${"}".repeat(depth)}`] as const,
  [`${depth} lists by dashes`, `${"- ".repeat(depth)}x`] as const,
  [`${depth} maps by indentation`, `${block(depth)} 1`] as const,
  [`${depth} keys`, `${"? ".repeat(depth)}x`] as const,
]);

describe("tooDeepNode()", () => {
  it("takes 100 levels", () => {
    expect(tooDeepNode(parseDocument(`${"[".repeat(100)}${"]".repeat(100)}`))).toBeUndefined();
  });
});

describe("a file that is nested too deeply", () => {
  it.each(DEEP)("is refused with one sentence: %s", async (_, text) => {
    const parse = (): unknown => parseMirrorFile({ text, name: "m.yaml", folder: "/", variables: {} });
    const problem = { message: TOO_DEEP };
    expect(parse).toThrow(expect.objectContaining({ problems: [expect.objectContaining(problem)] }));
    await expect(convertFiles([{ name: "x.yaml", text }])).rejects.toThrow(MirrorFileError);
    await expect(convertFiles([{ name: "x.yaml", text }])).rejects.toThrow(TOO_DEEP);
  });
});
