import type { DiskQuota } from "./storage/disk-quota.ts";
import type { RegistryFolder } from "./storage/registry-folder.ts";
import type { UploadSessions } from "./storage/upload-sessions.ts";

/** What the endpoints work on. */
export interface Registry {
  readonly folder: RegistryFolder;
  readonly sessions: UploadSessions;
  readonly quota: DiskQuota;
  /** Whether it takes content; else it answers GET and HEAD alone. */
  readonly writable: boolean;
}
