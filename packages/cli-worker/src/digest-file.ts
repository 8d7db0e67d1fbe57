import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemMessage } from "./system-message.ts";
import { UsageError } from "./usage-error.ts";
import { checkWritable, writeWhole } from "./write-whole.ts";

/** Checks that the file of `--digestfile` can be made. @throws {UsageError} where its folder is not there or takes no file, or it is a folder itself. */
export async function checkDigestFile(path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw new UsageError(`Bad --digestfile: there is no folder "${dirname(path)}"`);
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true) throw new UsageError(`Bad --digestfile: "${path}" is a folder`);
  try {
    await checkWritable(path);
  } catch (cause) {
    throw new UsageError(`Bad --digestfile: cannot write "${path}": ${systemMessage(cause)}`, { cause });
  }
}

/** Writes the digest, with nothing around it as skopeo does; whoever reads the file sees the old content or the new one. */
export function writeDigestFile(path: string, digest: string): Promise<void> {
  return writeWhole(path, digest);
}
