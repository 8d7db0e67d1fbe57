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

/** What a package's manifest declares: for those who install it, and for its build, which bundles some. */
export interface Declared {
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  /** What is used where whoever installs the package has it. */
  readonly optionalPeers: readonly string[];
}

export async function declaredBy(name: PackageName): Promise<Declared> {
  const manifest: Readonly<Record<string, unknown>> = JSON.parse(
    await readFile(join(WORKSPACE, PACKAGES[name], "package.json"), "utf8"),
  );
  const { dependencies, devDependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const peers: readonly string[] = Object.keys(peerDependencies ?? {});
  const optional = Object.entries(peerDependenciesMeta ?? {}).filter(([, meta]) => meta.optional === true);
  return {
    dependencies: Object.keys(dependencies ?? {}),
    devDependencies: Object.keys(devDependencies ?? {}),
    optionalPeers: optional.map(([peer]) => peer).filter((peer) => peers.includes(peer)),
  };
}
