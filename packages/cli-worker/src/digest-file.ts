import { randomUUID } from "node:crypto";
import { rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "./usage-error.ts";

/** Checks that the file of `--digestfile` can be made. @throws {UsageError} where its folder is not there, or it is a folder itself. */
export async function checkDigestFile(path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw new UsageError(`Bad --digestfile: there is no folder "${dirname(path)}"`);
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true) throw new UsageError(`Bad --digestfile: "${path}" is a folder`);
}

/** Writes the digest, with nothing around it as skopeo does; whoever reads the file sees the old content or the new one. */
export async function writeDigestFile(path: string, digest: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  // `/dev/stdout` and the like: a rename would take the device's place.
  if (there !== undefined && !there.isFile()) return writeFile(path, digest);
  const temp = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temp, digest, { flush: true });
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
}
