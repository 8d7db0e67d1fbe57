import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunPeerOptions, runPeer } from "../peers/run-peer.ts";
import { PACKAGE_NAMES, PACKAGES, type PackageName, WORKSPACE } from "./packages.ts";

/** The tarball of each package. */
export type Tarballs = Readonly<Record<PackageName, string>>;

/** Builds and packs the packages as they would be published, into the folder. The build is cached. */
export async function packPackages(folder: string): Promise<Tarballs> {
  await pnpm(["run", "build"], WORKSPACE);
  return {
    "@tranship/core": await pack("@tranship/core", folder),
    "@tranship/copy": await pack("@tranship/copy", folder),
    tranship: await pack("tranship", folder),
  };
}

async function pack(name: PackageName, folder: string): Promise<string> {
  const path = join(folder, `${name.replace("@", "").replace("/", "-")}.tgz`);
  await pnpm(["pack", "--out", path], join(WORKSPACE, PACKAGES[name]));
  return path;
}

/** Makes the folder an ESM project that depends on the tarballs, and installs it by npm. */
export async function installPackages(folder: string, tarballs: Tarballs): Promise<void> {
  const dependencies = Object.fromEntries(PACKAGE_NAMES.map((name) => [name, `file:${tarballs[name]}`]));
  // What they ask of each other comes from the tarballs too.
  const overrides = Object.fromEntries(PACKAGE_NAMES.map((name) => [name, `$${name}`]));
  const types = (await workspaceManifest()).devDependencies["@types/node"];
  const manifest = {
    private: true,
    type: "module",
    dependencies,
    overrides,
    devDependencies: { "@types/node": types },
  };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await runPeer("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder, env: NOT_NESTED });
}

/** Unset: what a package manager tells its scripts, which would make an inner one work in the workspace. */
const NOT_NESTED: NonNullable<RunPeerOptions["env"]> = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^npm_(?!config_(registry|cafile|cache|https?_proxy|noproxy)$)/i.test(name))
    .map((name) => [name, undefined]),
);

async function pnpm(args: readonly string[], cwd: string): Promise<void> {
  const { packageManager } = await workspaceManifest();
  await runPeer("npx", ["-y", packageManager, ...args], { cwd, env: NOT_NESTED });
}

async function workspaceManifest(): Promise<{ packageManager: string; devDependencies: Record<string, string> }> {
  return JSON.parse(await readFile(join(WORKSPACE, "package.json"), "utf8"));
}
