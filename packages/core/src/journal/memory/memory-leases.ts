import type { Lease, LeaseJournal, LeaseTerm } from "../lease-journal.ts";

/** A lease with the time from which it counts. */
interface RecordedLease extends Lease {
  readonly renewed: number;
}

/** What the owners of one memory share. */
export interface LeaseTable {
  readonly leases: Map<string, RecordedLease>;
  readonly now: () => number;
  /** How many leases and owners there were. */
  readonly given: { leases: number; owners: number };
}

/** Leases in memory, as one of its owners sees them. */
export class MemoryLeases implements LeaseJournal {
  readonly #table: LeaseTable;
  readonly #owner: string;

  constructor(table: LeaseTable) {
    this.#table = table;
    table.given.owners += 1;
    this.#owner = `owner ${table.given.owners}`;
  }

  async acquire(name: string, { ttlMs }: LeaseTerm): Promise<Lease | undefined> {
    const { leases, given, now } = this.#table;
    const known = leases.get(name);
    if (known !== undefined && this.#isHeld(known)) return undefined;
    given.leases += 1;
    return this.#record({ name, owner: this.#owner, fence: given.leases }, now(), ttlMs);
  }

  async renew(lease: Lease, { ttlMs }: LeaseTerm): Promise<Lease | undefined> {
    return this.#owns(lease) ? this.#record(lease, this.#table.now(), ttlMs) : undefined;
  }

  async release(lease: Lease): Promise<void> {
    if (this.#owns(lease)) this.#table.leases.delete(lease.name);
  }

  async held(): Promise<readonly Lease[]> {
    return [...this.#table.leases.values()].filter((lease) => this.#isHeld(lease)).map(plain);
  }

  /** Ends every lease of this owner. */
  releaseAll(): void {
    for (const { name, owner } of this.#table.leases.values()) {
      if (owner === this.#owner) this.#table.leases.delete(name);
    }
  }

  #record({ name, owner, fence }: Omit<Lease, "expires">, renewed: number, ttlMs: number): Lease {
    const recorded = { name, owner, fence, renewed, expires: renewed + ttlMs };
    this.#table.leases.set(name, recorded);
    return plain(recorded);
  }

  #owns({ name, fence }: Lease): boolean {
    const known = this.#table.leases.get(name);
    return known?.fence === fence && known.owner === this.#owner;
  }

  /** A clock that was set back by more than the time of the lease prolongs nothing. */
  #isHeld({ renewed, expires }: RecordedLease): boolean {
    const now = this.#table.now();
    return renewed - (expires - renewed) <= now && now < expires;
  }
}

function plain({ name, owner, fence, expires }: RecordedLease): Lease {
  return { name, owner, fence, expires };
}
