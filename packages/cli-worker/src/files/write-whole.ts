import { randomUUID } from "node:crypto";
import { access, constants, rename, rm, stat, writeFile } from "node:fs/promises";

/** Writes a small file; whoever reads it sees the old content or the new one. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  // `/dev/stdout` and the like: a rename would take the device's place.
  if (there !== undefined && !there.isFile()) return writeFile(path, content);
  const temp = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temp, content, { flag: "wx", flush: true });
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
}

/** Whether `writeWhole` will be able to write the file, found out by making its temporary file and taking it away. @throws the system's error. */
export async function checkWritable(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) return access(path, constants.W_OK);
  const temp = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temp, "", { flag: "wx" });
  } finally {
    await rm(temp, { force: true });
  }
}
