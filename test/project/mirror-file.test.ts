import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { documentSchema } from "../../packages/cli-worker/src/mirror/file/document-schema.ts";
import { loadMirrorFile } from "../../packages/cli-worker/src/mirror/file/read-mirror-file.ts";
import { MirrorFileError } from "../../packages/cli-worker/src/mirror/problem.ts";
import { tableRows, yamlBlocks } from "./markdown.ts";
import { WORKSPACE } from "./packages.ts";

const PAGE = await readFile(join(WORKSPACE, "docs/mirror-file.md"), "utf8");
const EXAMPLES = yamlBlocks(PAGE);
const REFUSED = tableRows(PAGE, ["what", "in the file", "said"]);

function parse(text: string) {
  const variables = { HUB_USER: "me", HUB_TOKEN: "secret" };
  return loadMirrorFile({ text, name: "mirror.yaml", folder: "/", variables });
}

async function linesFor(text: string): Promise<readonly string[]> {
  try {
    await parse(text);
    return [];
  } catch (error) {
    if (error instanceof MirrorFileError) return error.lines;
    throw error;
  }
}

describe("docs/mirror-file.md", () => {
  it.each(EXAMPLES.map((text, index) => ({ text, index })))("has an example $index that loads", async ({ text }) => {
    expect(await parse(text)).toMatchObject({ warnings: [] });
  });

  it("has rows and examples", () => {
    expect(EXAMPLES.length).toBeGreaterThan(3);
    expect(REFUSED.length).toBeGreaterThan(25);
  });

  it.each(REFUSED)("says what is wrong: %s", async (_what, entry = "", said = "") => {
    // A row about hosts needs no mirrors to be wrong; one that is a whole map brings its own version.
    const text = entry.startsWith("{") ? `{ version: 1, ${entry.slice(1)}` : `version: 1\n${entry}`;
    const lines = await linesFor(text);
    expect(lines.some((line) => line.includes(said))).toBe(true);
  });

  it("names every key of the file, in its tables", () => {
    const named = new Set([...PAGE.matchAll(/^\| `([A-Za-z]+)`/gm)].map(([, key]) => key));
    const { hosts, mirrors, ...top } = documentSchema.shape;
    const host = hosts.unwrap().valueType.shape;
    const mirror = mirrors.element.shape;
    const filters = mirror.tags.unwrap().options[2].shape;
    const keys = [host, mirror, filters, top].flatMap((shape) => Object.keys(shape));
    expect(keys.filter((key) => !named.has(key))).toEqual([]);
  });
});
