import { realpath, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { StoreError } from "../../errors/errors.ts";
import { quoted } from "../../text/quoted.ts";
import { storageFailure } from "../storage-failure.ts";
import { isSystemError } from "./system-error.ts";

/**
 * The real paths of the folders that links in a layout may lead into.
 * @throws {StoreError} LAYOUT_INVALID where one is missing or not a folder.
 */
export async function readLinkRoots(folders: readonly string[]): Promise<readonly string[]> {
  return Promise.all(folders.map((folder) => readLinkRoot(folder)));
}

async function readLinkRoot(folder: string): Promise<string> {
  const path = resolve(folder);
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENOTDIR")) throw invalid(folder, "there is no such folder", error);
    throw storageFailure(`use ${quoted(folder)} as a folder for the links of layouts`, error);
  }
  throw invalid(folder, "it is not a folder");
}

/**
 * The real path of a file or folder of a layout; undefined where nothing is there.
 * @param allowed Real paths of the folders that it may be in.
 * @throws {StoreError} LINK_REFUSED where a link leads out of them; STORAGE.
 */
export async function realPathInside(
  path: string,
  { allowed, name }: { readonly allowed: readonly string[]; readonly name: string },
): Promise<string | undefined> {
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENOTDIR")) return undefined;
    throw storageFailure(`use ${quoted(path)} of ${quoted(name)}`, error);
  }
  if (real === path || allowed.some((folder) => isIn(folder, real))) return real;
  throw new StoreError(
    "LINK_REFUSED",
    `Cannot use ${quoted(path)} of ${quoted(name)}: the link leads out of the layout, to ${quoted(real)}`,
  );
}

function isIn(folder: string, real: string): boolean {
  return real.startsWith(folder.endsWith(sep) ? folder : join(folder, sep));
}

function invalid(folder: string, detail: string, cause?: unknown): StoreError {
  return new StoreError(
    "LAYOUT_INVALID",
    `Cannot use ${quoted(folder)} as a folder for the links of layouts: ${detail}; check the path`,
    { cause },
  );
}
