import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PACKAGES, type PackageName, WORKSPACE } from "./packages.ts";

/** `export { a, type B } from "./c.ts"` or `export type { D } from "./e.ts"`: all that an index.ts holds. */
const EXPORT = /^export (type )?\{([^}]*)\} from "([^"]+)";$/gm;

/** What a package exports, a name on each line: whether it is a type alone, and the file that it comes from. */
export async function publicSurface(name: PackageName): Promise<string> {
  const text = await readFile(join(WORKSPACE, PACKAGES[name], "src/index.ts"), "utf8");
  const rest = text.replaceAll(EXPORT, "").trim();
  if (rest !== "") throw new Error(`Cannot list what "${name}" exports: its index.ts holds more than exports: ${rest}`);
  const lines = [...text.matchAll(EXPORT)].flatMap(([, typeOnly, names = "", file]) =>
    names
      .split(",")
      .map((exported) => exported.trim())
      .filter((exported) => exported !== "")
      .map((exported) => describeExport(exported, typeOnly !== undefined, file ?? "")),
  );
  return `${lines.toSorted().join("\n")}\n`;
}

function describeExport(exported: string, typeOnly: boolean, file: string): string {
  const isType = typeOnly || exported.startsWith("type ");
  return `${exported.replace(/^type /, "")}${isType ? " (type)" : ""} ${file}`;
}
