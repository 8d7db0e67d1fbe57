import { lstat, mkdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { ApiError, systemCode } from "../api-error.ts";

/**
 * Makes a folder below a root, level by level: mkdir goes through links, so a link would make folders elsewhere.
 * @param root absolute, without links. @param what for the message: `repository "app"`.
 * @throws {ApiError} DENIED where a level is a link, or no folder.
 */
export async function makeOwnFolder(root: string, path: string, what: string): Promise<void> {
  let level = root;
  for (const part of relative(root, path).split(sep)) {
    level = join(level, part);
    try {
      await mkdir(level);
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
    if (!(await lstat(level)).isDirectory()) throw isLink(what);
  }
}

/** Whether a path below a root is there, and no level of it is a link. */
export async function isOwnFolder(root: string, path: string): Promise<boolean> {
  let level = root;
  for (const part of relative(root, path).split(sep)) {
    level = join(level, part);
    const found = await lstat(level).catch(() => undefined);
    if (found?.isDirectory() !== true) return false;
  }
  return true;
}

function isLink(what: string): ApiError {
  return new ApiError(
    403,
    "DENIED",
    `Cannot write to ${what}: a folder of it on the server is a link, which is not followed`,
  );
}
