import type { Digest } from "../../digest/digest.ts";
import type { BlobPlace } from "../blob-journal.ts";
import type { PendingRepair, RepairJournal } from "../repair-journal.ts";

/** Blobs that are being replaced, in memory. */
export class MemoryRepairs implements RepairJournal {
  readonly #repairs = new Map<string, PendingRepair>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async begun(place: BlobPlace, { digest, size }: Pick<PendingRepair, "digest" | "size">): Promise<void> {
    const key = keyOf(place, digest);
    if (this.#repairs.has(key)) return;
    const { host, access, repository } = place;
    this.#repairs.set(key, { host, access, repository, digest, size, begun: this.#now() });
  }

  async ended(place: BlobPlace, digest: Digest): Promise<void> {
    this.#repairs.delete(keyOf(place, digest));
  }

  async pending({ host, access, repository }: BlobPlace): Promise<readonly PendingRepair[]> {
    return [...this.#repairs.values()].filter(
      (repair) => repair.host === host && repair.access === access && repair.repository === repository,
    );
  }

  async *list(): AsyncGenerator<PendingRepair, void, void> {
    yield* [...this.#repairs.values()];
  }

  async clear(): Promise<number> {
    const { size } = this.#repairs;
    this.#repairs.clear();
    return size;
  }
}

function keyOf({ host, access, repository }: BlobPlace, digest: Digest): string {
  return JSON.stringify([host, access, repository, digest]);
}
