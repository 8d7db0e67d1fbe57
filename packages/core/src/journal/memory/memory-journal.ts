import type { BlobJournal } from "../blob-journal.ts";
import type { Journal } from "../journal.ts";
import { DEFAULT_JOURNAL_LIMITS, type JournalLimits, type JournalOptions } from "../journal-limits.ts";
import type { LeaseJournal } from "../lease-journal.ts";
import type { OwnershipJournal } from "../ownership-journal.ts";
import type { ProfileJournal } from "../profile-journal.ts";
import type { RepairJournal } from "../repair-journal.ts";
import type { TagJournal } from "../tag-journal.ts";
import type { UploadJournal } from "../upload-journal.ts";
import { MemoryBlobs } from "./memory-blobs.ts";
import { type LeaseTable, MemoryLeases } from "./memory-leases.ts";
import { MemoryOwnership } from "./memory-ownership.ts";
import { MemoryProfiles } from "./memory-profiles.ts";
import { MemoryRepairs } from "./memory-repairs.ts";
import { MemoryTags } from "./memory-tags.ts";
import { MemoryUploads, type UploadTable } from "./memory-uploads.ts";

/** A journal in memory, which ends with the process: what is remembered within one run. */
export class MemoryJournal implements Journal {
  readonly uploads: UploadJournal;
  readonly blobs: BlobJournal;
  readonly profiles: ProfileJournal;
  readonly tags: TagJournal;
  readonly ownership: OwnershipJournal;
  readonly repairs: RepairJournal;
  readonly leases: LeaseJournal;
  readonly #table: UploadTable;
  readonly #own: MemoryUploads;
  readonly #leaseTable: LeaseTable;
  readonly #ownLeases: MemoryLeases;

  /** @param shared Whose memory this is, too: then it is another owner of the uploads in it, and `options` is not used. */
  constructor({ limits: given, now = Date.now }: JournalOptions = {}, shared?: MemoryJournal) {
    const limits: JournalLimits = { ...DEFAULT_JOURNAL_LIMITS, ...given };
    this.#table = shared === undefined ? { sessions: new Set(), limits, now } : shared.#table;
    this.#own = new MemoryUploads(this.#table);
    this.uploads = this.#own;
    this.#leaseTable =
      shared === undefined ? { leases: new Map(), now, given: { leases: 0, owners: 0 } } : shared.#leaseTable;
    this.#ownLeases = new MemoryLeases(this.#leaseTable);
    this.leases = this.#ownLeases;
    this.blobs = shared?.blobs ?? new MemoryBlobs(limits, now);
    this.profiles = shared?.profiles ?? new MemoryProfiles(limits.facts, now);
    this.tags = shared?.tags ?? new MemoryTags(limits, now);
    this.ownership = shared?.ownership ?? new MemoryOwnership(now);
    this.repairs = shared?.repairs ?? new MemoryRepairs(now);
  }

  /** Another owner of what this one remembers, as another process would be: what the one works on the other can't claim. */
  peer(): MemoryJournal {
    return new MemoryJournal({}, this);
  }

  async close(): Promise<void> {
    this.#own.releaseAll();
    this.#ownLeases.releaseAll();
  }
}
