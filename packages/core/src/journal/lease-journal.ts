/** A name that one owner holds for a time. */
export interface Lease {
  readonly name: string;
  /** Which journal holds it: another one for each process. */
  readonly owner: string;
  /**
   * Rises with each lease that is given, whatever its name: of two leases the later one has the
   * greater number.
   */
  readonly fence: number;
  /** When it ends unless it is renewed. */
  readonly expires: number;
}

/** For how long a lease is given. */
export interface LeaseTerm {
  /** In ms from now. */
  readonly ttlMs: number;
}

/**
 * Leases, by which processes that share a journal do a piece of work once. A lease is held by one
 * owner until it is released, expires, or its owner ends; where the system tells that a process
 * died, its leases are free at once. A lease saves work and guards nothing: an owner that lost one may
 * go on, and the result is the same. What its holder wrote to the journal before it released the lease is
 * there for whoever acquires it next.
 */
export interface LeaseJournal {
  /** Acquires a lease; undefined where it is held, also by this journal. */
  acquire(name: string, term: LeaseTerm): Promise<Lease | undefined>;
  /**
   * Holds a lease for longer, from now on. Undefined where it is lost: another owner acquired it
   * after it expired.
   */
  renew(lease: Lease, term: LeaseTerm): Promise<Lease | undefined>;
  /** Ends a lease. Does nothing where it is lost. */
  release(lease: Lease): Promise<void>;
  /** Every lease that is held now, by any owner. */
  held(): Promise<readonly Lease[]>;
}
