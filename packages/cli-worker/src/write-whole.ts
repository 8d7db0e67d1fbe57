import { randomUUID } from "node:crypto";
import { rename, rm, stat, writeFile } from "node:fs/promises";

/** Writes a small file; whoever reads it sees the old content or the new one. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  // `/dev/stdout` and the like: a rename would take the device's place.
  if (there !== undefined && !there.isFile()) return writeFile(path, content);
  const temp = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temp, content, { flush: true });
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
}
