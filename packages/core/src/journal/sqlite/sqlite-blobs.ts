import type { Digest } from "../../digest/digest.ts";
import {
  type BlobCounts,
  type BlobJournal,
  type BlobPlace,
  MOUNT_CANDIDATES,
  type MountPair,
} from "../blob-journal.ts";
import type { JournalLimits } from "../journal-limits.ts";
import { findPlace, placeOf } from "../state/places.ts";
import { digestColumn } from "./digest-column.ts";
import type { JournalDatabase } from "./journal-database.ts";
import { Pruning } from "./pruning.ts";

/**
 * The repositories of a host, as a role, that are known for a blob; the one seen last first. Few have the blob, and the host may have thousands: by the order of a
 * CROSS JOIN those of the blob are looked at first (sqlite.org/optoverview.html, "Manual Control Of Query Plans Using CROSS JOIN").
 */
const REPOSITORIES = `
  SELECT places.repository AS repository, blobs.place AS place FROM blobs CROSS JOIN places ON places.id = blobs.place
  WHERE blobs.digest = ? AND places.host = ? AND places.access = ? AND blobs.seen >= ? ORDER BY blobs.seen DESC`;

/** Where blobs were seen, in a file. */
export class SqliteBlobs implements BlobJournal {
  readonly #database: JournalDatabase;
  readonly #limits: JournalLimits;
  readonly #now: () => number;
  readonly #pruning: Pruning;

  constructor(database: JournalDatabase, limits: JournalLimits, now: () => number) {
    this.#database = database;
    this.#limits = limits;
    this.#now = now;
    this.#pruning = new Pruning(limits, now);
  }

  async seen(place: BlobPlace, digest: Digest): Promise<void> {
    const blob = digestColumn(digest);
    const now = this.#now();
    await this.#database.writeSoon((connection) => {
      connection.run(
        "INSERT INTO blobs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen",
        blob,
        placeOf(connection, place),
        now,
      );
      // A base layer is in thousands of repositories, and a few are enough to mount from.
      for (const surplus of connection.all(REPOSITORIES, blob, place.host, place.access, 0).slice(MOUNT_CANDIDATES)) {
        connection.run("DELETE FROM blobs WHERE digest = ? AND place = ?", blob, surplus["place"] ?? null);
      }
      this.#pruning.wrote(connection, "blobs");
    });
  }

  async missing(place: BlobPlace, digest: Digest): Promise<void> {
    await this.#database.write((connection) => {
      const id = findPlace(connection, place);
      if (id === undefined) return;
      connection.run("DELETE FROM blobs WHERE digest = ? AND place = ?", digestColumn(digest), id);
    });
  }

  async repositories(host: string, access: string, digest: Digest): Promise<readonly string[]> {
    const since = this.#now() - this.#limits.blobMs;
    const rows = await this.#database.read((connection) =>
      connection.all(REPOSITORIES, digestColumn(digest), host, access, since),
    );
    return rows.map(({ repository }) => String(repository));
  }

  async mountRefused({ host, access, from, into }: MountPair): Promise<void> {
    await this.#database.write((connection) => {
      connection.run(
        "INSERT INTO refused_mounts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET refused = excluded.refused",
        placeOf(connection, { host, access, repository: from }),
        placeOf(connection, { host, access, repository: into }),
        this.#now(),
      );
      this.#pruning.wrote(connection, "refused_mounts");
    });
  }

  async refusesMount({ host, access, from, into }: MountPair): Promise<boolean> {
    return this.#database.read((connection) => {
      const source = findPlace(connection, { host, access, repository: from });
      const target = findPlace(connection, { host, access, repository: into });
      if (source === undefined || target === undefined) return false;
      const sql = "SELECT 1 FROM refused_mounts WHERE source = ? AND target = ? AND refused >= ?";
      return connection.get(sql, source, target, this.#now() - this.#limits.refusedMountMs) !== undefined;
    });
  }

  async counts(): Promise<BlobCounts> {
    return this.#database.read((connection) => {
      const sql = `
        SELECT (SELECT count(*) FROM blobs WHERE seen >= ?) AS blobs,
          (SELECT count(*) FROM refused_mounts WHERE refused >= ?) AS refused`;
      const now = this.#now();
      const row = connection.get(sql, now - this.#limits.blobMs, now - this.#limits.refusedMountMs);
      return { blobs: Number(row?.["blobs"]), refusedMounts: Number(row?.["refused"]) };
    });
  }

  async clear(): Promise<number> {
    return this.#database.write(
      (connection) => connection.run("DELETE FROM blobs") + connection.run("DELETE FROM refused_mounts"),
    );
  }
}
