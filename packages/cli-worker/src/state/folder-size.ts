import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Files, and their bytes. */
export interface FolderSize {
  readonly files: number;
  readonly bytes: number;
}

/** How much a folder holds, also below it; nothing where there is none. */
export async function folderSize(path: string): Promise<FolderSize> {
  const names = await unlessMissing(readdir(path, { recursive: true }), []);
  let [files, bytes] = [0, 0];
  for (const name of names) {
    const found = await unlessMissing(stat(join(path, name)), undefined);
    if (found?.isFile() !== true) continue;
    files += 1;
    bytes += found.size;
  }
  return { files, bytes };
}

async function unlessMissing<T, U>(found: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return otherwise;
    throw error;
  }
}
