import type { Digest } from "../../digest/digest.ts";
import {
  type BlobCounts,
  type BlobJournal,
  type BlobPlace,
  MOUNT_CANDIDATES,
  type MountPair,
} from "../blob-journal.ts";
import type { JournalLimits } from "../journal-limits.ts";
import { RecentEntries } from "./recent-entries.ts";

/** Where blobs were seen, in memory. */
export class MemoryBlobs implements BlobJournal {
  /** The repositories of each blob of a host and role; the one seen last is the last. */
  readonly #blobs: RecentEntries<RecentEntries<string>>;
  readonly #refusedMounts: RecentEntries<true>;
  readonly #limits: JournalLimits;
  readonly #now: () => number;

  constructor(limits: JournalLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#blobs = new RecentEntries({ limit: limits.blobs, keepMs: limits.blobMs, now });
    this.#refusedMounts = new RecentEntries({ limit: limits.refusedMounts, keepMs: limits.refusedMountMs, now });
  }

  async seen({ host, access, repository }: BlobPlace, digest: Digest): Promise<void> {
    const blob = JSON.stringify([host, access, digest]);
    const known = this.#blobs.get(blob)?.value ?? this.#noRepositories();
    known.set(repository, repository);
    this.#blobs.set(blob, known);
  }

  async missing({ host, access, repository }: BlobPlace, digest: Digest): Promise<void> {
    const blob = JSON.stringify([host, access, digest]);
    const known = this.#blobs.get(blob)?.value;
    known?.delete(repository);
    if (known?.size === 0) this.#blobs.delete(blob);
  }

  async repositories(host: string, access: string, digest: Digest): Promise<readonly string[]> {
    const known = this.#blobs.get(JSON.stringify([host, access, digest]))?.value;
    return (known?.values() ?? []).map(({ value }) => value).toReversed();
  }

  async mountRefused({ host, access, from, into }: MountPair): Promise<void> {
    this.#refusedMounts.set(JSON.stringify([host, access, from, into]), true);
  }

  async refusesMount({ host, access, from, into }: MountPair): Promise<boolean> {
    return this.#refusedMounts.get(JSON.stringify([host, access, from, into])) !== undefined;
  }

  async counts(): Promise<BlobCounts> {
    const blobs = this.#blobs.values().reduce((sum, { value }) => sum + value.size, 0);
    return { blobs, refusedMounts: this.#refusedMounts.size };
  }

  async clear(): Promise<number> {
    const { blobs, refusedMounts } = await this.counts();
    this.#blobs.clear();
    this.#refusedMounts.clear();
    return blobs + refusedMounts;
  }

  #noRepositories(): RecentEntries<string> {
    return new RecentEntries({ limit: MOUNT_CANDIDATES, keepMs: this.#limits.blobMs, now: this.#now });
  }
}
