import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The workspace's folder. */
export const WORKSPACE: string = join(import.meta.dirname, "../..");

/** The published packages, and the folder of each. */
export const PACKAGES = {
  "@tranship/core": "packages/core",
  "@tranship/copy": "packages/copy",
  tranship: "packages/cli-worker",
} as const;

export type PackageName = keyof typeof PACKAGES;

export const PACKAGE_NAMES: readonly PackageName[] = ["@tranship/core", "@tranship/copy", "tranship"];

/** Paths of a package's sources, tests left out, relative to the workspace. */
export function sourcesOf(name: PackageName): readonly string[] {
  return globSync(`${PACKAGES[name]}/src/**/*.ts`, { cwd: WORKSPACE, exclude: ["**/*.test.ts"] }).toSorted();
}

/** A package's own dependencies. */
export async function dependenciesOf(name: PackageName): Promise<readonly string[]> {
  const manifest: unknown = JSON.parse(await readFile(join(WORKSPACE, PACKAGES[name], "package.json"), "utf8"));
  if (manifest === null || typeof manifest !== "object" || !("dependencies" in manifest)) return [];
  return Object.keys(manifest.dependencies ?? {});
}
