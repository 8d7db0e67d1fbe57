import { join } from "node:path";
import type { Registry } from "../registry.ts";
import { openRegistryFolder, WORK_FOLDER } from "./registry-folder.ts";
import { UploadSessions } from "./upload-sessions.ts";

/**
 * Opens a folder for the endpoints. Nothing in it is written unless it is writable; then uploads that are a week old go first.
 * @throws {StoreError} LAYOUT_INVALID.
 */
export async function openRegistry(dir: string, { writable }: { readonly writable: boolean }): Promise<Registry> {
  const folder = await openRegistryFolder(dir);
  const sessions = new UploadSessions(join(folder.dir, WORK_FOLDER, "uploads"));
  if (writable) await sessions.removeStale();
  return { folder, sessions, writable };
}
