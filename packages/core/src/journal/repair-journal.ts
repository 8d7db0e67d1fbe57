import type { Digest } from "../digest/digest.ts";
import type { BlobPlace } from "./blob-journal.ts";

/** A blob of a repository that is being replaced: it may have been deleted and not be uploaded again yet. */
export interface PendingRepair extends BlobPlace {
  readonly digest: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  /** When its replacement began. */
  readonly begun: number;
}

/**
 * Blobs whose replacement began and has not ended. A record is written before the blob is deleted and removed when the
 * right bytes were read back, so that what a killed process left is finished by a later one. It has no limit and no age:
 * a process replaces one blob of a host at a time.
 */
export interface RepairJournal {
  /** The replacement begins; recorded when it resolves. The same blob again changes nothing. */
  begun(place: BlobPlace, blob: Pick<PendingRepair, "digest" | "size">): Promise<void>;
  /** The replacement has ended, or nothing was deleted. Does nothing where there is no record. */
  ended(place: BlobPlace, digest: Digest): Promise<void>;
  /** Those of one repository, as one role, oldest first. */
  pending(place: BlobPlace): Promise<readonly PendingRepair[]>;
  /** All of them, oldest first. */
  list(): AsyncIterable<PendingRepair>;
  /** Removes every record. Returns how many there were. */
  clear(): Promise<number>;
}
