import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** One import or re-export in a source file. */
export interface SourceImport {
  /** Path of the file, relative to the workspace. */
  readonly file: string;
  /** As written: `./walk.ts`, `node:fs`, `@tranship/core`. */
  readonly specifier: string;
  /** A type is gone when the file runs; what is dynamic is loaded when it is wanted. */
  readonly kind: "static" | "type" | "dynamic";
  /** The file that is meant, relative to the workspace, where the specifier is a path. */
  readonly target: string | undefined;
}

/** Static imports and re-exports begin a line, as the formatter leaves them; dynamic ones have a literal. */
const IMPORT = /^(?:import|export)\b(?:[^;"']*?\bfrom)?\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

/** Every import of the file, types too. */
export async function importsOf(root: string, file: string): Promise<readonly SourceImport[]> {
  const text = await readFile(join(root, file), "utf8");
  return [...text.matchAll(IMPORT)].map((match) => {
    const specifier = match[1] ?? match[2] ?? "";
    const kind = match[1] === undefined ? "dynamic" : /^(?:import|export) type\b/.test(match[0]) ? "type" : "static";
    return { file, specifier, kind, target: specifier.startsWith(".") ? join(dirname(file), specifier) : undefined };
  });
}

/** The package of a specifier: `undici` of `undici/types`, `node:` for what is Node's. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return "node:";
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The imports of a file and of all files that it leads to. */
export function importsFrom(entry: string, imports: readonly SourceImport[]): readonly SourceImport[] {
  const byFile = Map.groupBy(imports, ({ file }) => file);
  const reached = new Set([entry]);
  // A set is iterated with what is added on the way.
  for (const file of reached) {
    for (const { target } of byFile.get(file) ?? []) if (target !== undefined) reached.add(target);
  }
  return imports.filter(({ file }) => reached.has(file));
}

/** Files that import each other, as a path that ends where it begins; undefined where there are none. */
export function findCycle(imports: readonly SourceImport[]): readonly string[] | undefined {
  const targets = Map.groupBy(imports, ({ file }) => file);
  const done = new Set<string>();
  function visit(file: string, path: readonly string[]): readonly string[] | undefined {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { target } of targets.get(file) ?? []) {
      const cycle = target === undefined ? undefined : visit(target, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  }
  for (const file of targets.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/**
 * The imports between folders that lie beside each other: `src/http → src/text` for any file below the one that
 * imports a file below the other. A parent and its child are not beside each other.
 */
export function betweenFolders(imports: readonly SourceImport[]): readonly SourceImport[] {
  return imports.flatMap((found) => {
    if (found.target === undefined) return [];
    const [from, to] = [dirname(found.file).split("/"), dirname(found.target).split("/")];
    const parting = from.findIndex((part, level) => part !== to[level]);
    if (parting === -1 || to[parting] === undefined) return [];
    const [file, target] = [from, to].map((path) => path.slice(0, parting + 1).join("/"));
    return file === undefined ? [] : [{ ...found, file, target }];
  });
}
