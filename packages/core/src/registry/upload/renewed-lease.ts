import type { Lease, LeaseJournal } from "../../journal/lease-journal.ts";
import type { BlobLease } from "../../store/store.ts";
import type { Saving } from "../profile/saving.ts";

/** A lease of nothing: there is no journal, it failed, or the blob is small. */
export const NO_LEASE: BlobLease = { moved: () => undefined, release: () => undefined };

export interface RenewedLeaseOptions {
  /** For how long it is given, and renewed a few times in that. */
  readonly ttlMs: number;
  /** How long its work may stand still. */
  readonly stillMs: number;
  /** What is written when it is released. */
  readonly saving: Saving;
}

/** How often a lease is renewed within its time. */
const RENEWALS = 4;

/**
 * A lease that is renewed while its work moves on. Work that stands still loses it, so that nobody
 * waits for a process whose source or connection hangs. That process is not stopped: it goes on
 * without the lease.
 */
export class RenewedLease implements BlobLease {
  readonly #journal: LeaseJournal;
  readonly #options: RenewedLeaseOptions;
  readonly #timer: NodeJS.Timeout;
  #lease: Lease | undefined;
  #movedAt = performance.now();
  #hasSent = false;

  constructor(journal: LeaseJournal, lease: Lease, options: RenewedLeaseOptions) {
    this.#journal = journal;
    this.#lease = lease;
    this.#options = options;
    this.#timer = setInterval(() => void this.#renew(), options.ttlMs / RENEWALS);
    this.#timer.unref();
  }

  moved(isAll: boolean): void {
    this.#movedAt = performance.now();
    this.#hasSent = isAll;
  }

  /** The write waits for nobody; it comes after what was written before. */
  release(): void {
    clearInterval(this.#timer);
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease !== undefined) this.#options.saving.add(this.#journal.release(lease));
  }

  async #renew(): Promise<void> {
    const lease = this.#lease;
    if (lease === undefined || !this.#movesOn()) return;
    const { ttlMs } = this.#options;
    // Where that fails it is not known to be lost.
    const renewed = await this.#journal.renew(lease, { ttlMs }).catch(() => lease);
    if (this.#lease !== lease) return;
    this.#lease = renewed;
    if (renewed === undefined) clearInterval(this.#timer);
  }

  /** A registry may take minutes to commit what it has got. */
  #movesOn(): boolean {
    return this.#hasSent || performance.now() - this.#movedAt < this.#options.stillMs;
  }
}
