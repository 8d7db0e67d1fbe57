import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "@tranship/core";
import { systemMessage } from "../../system-message.ts";
import type { Registry } from "../registry.ts";
import { openRegistryFolder, WORK_FOLDER } from "./registry-folder.ts";
import { UploadSessions } from "./upload-sessions.ts";

/**
 * Opens a folder for the endpoints. Nothing in it is written unless it is writable; then uploads that are a week old go first.
 * @throws {StoreError} LAYOUT_INVALID; STORAGE where it is to be written and can't be.
 */
export async function openRegistry(dir: string, { writable }: { readonly writable: boolean }): Promise<Registry> {
  const folder = await openRegistryFolder(dir);
  const sessions = new UploadSessions(folder.dir, join(folder.dir, WORK_FOLDER, "uploads"));
  if (writable) {
    await checkWritable(folder.dir, dir);
    await sessions.removeStale();
  }
  return { folder, sessions, writable };
}

/** Found out at the start, and not by the first client that pushes. */
async function checkWritable(folder: string, name: string): Promise<void> {
  const probe = join(folder, `.tranship-${randomUUID()}.tmp`);
  try {
    await writeFile(probe, "", { flag: "wx" });
  } catch (cause) {
    throw new StoreError("STORAGE", `Cannot serve "${name}" writable: ${systemMessage(cause)}`, { cause });
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}
