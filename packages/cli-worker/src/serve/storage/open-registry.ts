import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "@tranship/core";
import { systemMessage } from "../../errors/system-message.ts";
import type { Registry } from "../registry.ts";
import type { AppliedLimits } from "../serve-limits.ts";
import { DiskQuota } from "./disk-quota.ts";
import { openRegistryFolder, WORK_FOLDER } from "./registry-folder.ts";
import { UploadSessions } from "./upload-sessions.ts";

export interface OpenRegistryOptions {
  readonly writable: boolean;
  readonly limits: AppliedLimits;
}

/**
 * Opens a folder for the endpoints. Nothing in it is written unless it is writable; then uploads that nobody continues go first.
 * @throws {StoreError} LAYOUT_INVALID; STORAGE where it is to be written and can't be.
 */
export async function openRegistry(dir: string, { writable, limits }: OpenRegistryOptions): Promise<Registry> {
  const folder = await openRegistryFolder(dir);
  const root = folder.dir;
  const sessions = new UploadSessions({ root, folder: join(root, WORK_FOLDER, "uploads"), most: limits.uploads });
  if (writable) {
    await checkWritable(root, dir);
    await sessions.removeStale(limits.uploadAgeMs);
  }
  const quota = await DiskQuota.open(root, writable ? limits.bytes : Number.POSITIVE_INFINITY);
  return { folder, sessions, quota, writable };
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
