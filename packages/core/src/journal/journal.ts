import type { BlobJournal } from "./blob-journal.ts";
import type { LeaseJournal } from "./lease-journal.ts";
import type { OwnershipJournal } from "./ownership-journal.ts";
import type { ProfileJournal } from "./profile-journal.ts";
import type { RepairJournal } from "./repair-journal.ts";
import type { TagJournal } from "./tag-journal.ts";
import type { UploadJournal } from "./upload-journal.ts";

/**
 * What is remembered between runs. Losing it costs time, never correctness: what it says is a hint, and the registry is asked. It holds no credential
 * and no token. Every value is plain data, so that it may be kept in memory, on disk or by a server; times are ms since 1970.
 * Each journal but `ownership` and `repairs` is bounded in entries and in age: the oldest ones go. One that fails rejects; `tolerantJournal` goes on without.
 * Without `ownership` mirrors prune nothing until their tags are recorded again; what cannot be recorded in `repairs` is not replaced.
 */
export interface Journal {
  readonly uploads: UploadJournal;
  readonly blobs: BlobJournal;
  readonly profiles: ProfileJournal;
  readonly tags: TagJournal;
  readonly ownership: OwnershipJournal;
  readonly repairs: RepairJournal;
  readonly leases: LeaseJournal;
  /**
   * Gives back every upload and every lease that this journal owns, and ends. Called twice it does
   * nothing.
   */
  close(): Promise<void>;
}
