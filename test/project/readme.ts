import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { WORKSPACE } from "./packages.ts";

export function readReadme(): Promise<string> {
  return readFile(join(WORKSPACE, "README.md"), "utf8");
}

/** The first block of TypeScript: copying an image as a library. @throws {Error} where there is none. */
export function libraryExample(readme: string): string {
  const block = /^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1];
  if (block === undefined) throw new Error("Cannot find the example: README.md has no block of TypeScript");
  return block;
}

/** One use of the command in the text. */
export interface CommandUse {
  readonly command: string;
  readonly flags: readonly string[];
}

/** Every `tranship …` in a console block or in code. */
export function commandUses(readme: string): readonly CommandUse[] {
  const lines = [...readme.matchAll(/^\$ tranship ([^#\n]*)/gm), ...readme.matchAll(/`tranship ([^`…]*)`/g)];
  return lines.map(([, rest = ""]) => {
    const [command = "", ...words] = rest.trim().split(/\s+/);
    return { command, flags: words.filter((word) => word.startsWith("--")) };
  });
}

/** Every flag that the text names. */
export function namedFlags(readme: string): readonly string[] {
  return [...new Set([...readme.matchAll(/`[^`]*?(--[a-z][a-z-]*)[^`]*`/g)].map(([, flag = ""]) => flag))];
}
