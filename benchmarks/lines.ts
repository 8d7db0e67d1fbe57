import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { printTable } from "./table.ts";

const WORKSPACE = join(import.meta.dirname, "..");

/** Lines of each package, sources and tests apart. */
export function lines(): void {
  const isTest = (path: string): boolean => path.endsWith(".test.ts") || path.startsWith("test/");
  const rows = ["packages/core", "packages/copy", "packages/cli-worker", "test", "benchmarks"].map((folder) => {
    const paths = globSync(`${folder}/**/*.ts`, { cwd: WORKSPACE, exclude: ["**/node_modules/**", "**/dist/**"] });
    const sources = paths.filter((path) => !isTest(path));
    return [folder, countLines(sources), countLines(paths.filter(isTest)), sources.length];
  });
  printTable("Lines", [["", "source", "tests", "source files"], ...rows]);
}

function countLines(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + readFileSync(join(WORKSPACE, path), "utf8").split("\n").length - 1, 0);
}
