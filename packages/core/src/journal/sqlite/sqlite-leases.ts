import type { Lease, LeaseJournal, LeaseTerm } from "../lease-journal.ts";
import type { Connection, Row } from "../state/connection.ts";
import type { JournalDatabase } from "./journal-database.ts";
import type { UploadOwner } from "./upload-owner.ts";

/**
 * Of a time that is given twice: a clock that was set back by more than the time of the lease
 * prolongs nothing.
 */
const CURRENT = "2 * renewed - expires <= ? AND expires > ?";

/** Leases in a file that several processes share. */
export class SqliteLeases implements LeaseJournal {
  readonly #database: JournalDatabase;
  readonly #owner: UploadOwner;
  readonly #now: () => number;

  constructor(database: JournalDatabase, owner: UploadOwner, now: () => number) {
    this.#database = database;
    this.#owner = owner;
    this.#now = now;
  }

  async acquire(name: string, { ttlMs }: LeaseTerm): Promise<Lease | undefined> {
    await this.#owner.begin();
    let lease: Lease | undefined;
    await this.#database.writeNext((connection) => {
      lease = this.#give(connection, name, ttlMs);
    });
    return lease;
  }

  async renew(lease: Lease, { ttlMs }: LeaseTerm): Promise<Lease | undefined> {
    let renewed: Lease | undefined;
    await this.#database.writeNext((connection) => {
      const now = this.#now();
      const sql = "UPDATE leases SET renewed = ?, expires = ? WHERE fence = ? AND owner = ?";
      const changed = connection.run(sql, now, now + ttlMs, lease.fence, this.#owner.id);
      renewed = changed === 0 ? undefined : { ...lease, expires: now + ttlMs };
    });
    return renewed;
  }

  async release({ fence }: Lease): Promise<void> {
    await this.#database.writeSoon((connection) => {
      connection.run("DELETE FROM leases WHERE fence = ? AND owner = ?", fence, this.#owner.id);
    });
  }

  async held(): Promise<readonly Lease[]> {
    const now = this.#now();
    const sql = `SELECT fence, name, owner, expires FROM leases WHERE ${CURRENT} ORDER BY fence`;
    const rows = await this.#database.read((connection) => connection.all(sql, now, now));
    const owners = new Set(rows.map(({ owner }) => String(owner)));
    const dead = new Set([...owners].filter((owner) => this.#owner.isDead(owner)));
    return rows.map(readLease).filter(({ owner }) => !dead.has(owner));
  }

  /** Ends every lease of this journal. */
  async releaseAll(): Promise<void> {
    await this.#database.write((connection) => connection.run("DELETE FROM leases WHERE owner = ?", this.#owner.id));
  }

  #give(connection: Connection, name: string, ttlMs: number): Lease | undefined {
    const now = this.#now();
    const row = connection.get(`SELECT owner FROM leases WHERE name = ? AND ${CURRENT}`, name, now, now);
    if (row !== undefined && !this.#owner.isDead(String(row["owner"]))) return undefined;
    connection.run("DELETE FROM leases WHERE name = ?", name);
    const expires = now + ttlMs;
    const sql = "INSERT INTO leases (name, owner, renewed, expires) VALUES (?, ?, ?, ?) RETURNING fence";
    const fence = Number(connection.get(sql, name, this.#owner.id, now, expires)?.["fence"]);
    return { name, owner: this.#owner.id, fence, expires };
  }
}

function readLease(row: Row): Lease {
  const { name, owner, fence, expires } = row;
  return { name: String(name), owner: String(owner), fence: Number(fence), expires: Number(expires) };
}
