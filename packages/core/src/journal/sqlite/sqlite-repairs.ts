import type { Digest } from "../../digest/digest.ts";
import type { BlobPlace } from "../blob-journal.ts";
import type { PendingRepair, RepairJournal } from "../repair-journal.ts";
import type { Connection, Row } from "../state/connection.ts";
import { findPlace, placeOf } from "../state/places.ts";
import { digestColumn, digestOfColumn } from "./digest-column.ts";
import type { JournalDatabase } from "./journal-database.ts";

const ROWS = `
  SELECT host, access, repository, digest, size, begun FROM repairs JOIN places ON places.id = repairs.place`;

/** Blobs that are being replaced, in a file. */
export class SqliteRepairs implements RepairJournal {
  readonly #database: JournalDatabase;
  readonly #now: () => number;

  constructor(database: JournalDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async begun(place: BlobPlace, { digest, size }: Pick<PendingRepair, "digest" | "size">): Promise<void> {
    const now = this.#now();
    await this.#database.write((connection) => {
      const sql = "INSERT INTO repairs VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
      connection.run(sql, placeOf(connection, place), digestColumn(digest), size, now);
    });
  }

  async ended(place: BlobPlace, digest: Digest): Promise<void> {
    await this.#database.write((connection) => {
      const id = findPlace(connection, place);
      if (id === undefined) return;
      connection.run("DELETE FROM repairs WHERE place = ? AND digest = ?", id, digestColumn(digest));
    });
  }

  async pending({ host, access, repository }: BlobPlace): Promise<readonly PendingRepair[]> {
    const sql = `${ROWS} WHERE host = ? AND access = ? AND repository = ? ORDER BY begun, digest`;
    return this.#read((connection) => connection.all(sql, host, access, repository));
  }

  async *list(): AsyncGenerator<PendingRepair, void, void> {
    yield* await this.#read((connection) => connection.all(`${ROWS} ORDER BY begun, digest`));
  }

  async clear(): Promise<number> {
    return this.#database.write((connection) => connection.run("DELETE FROM repairs"));
  }

  async #read(query: (connection: Connection) => readonly Row[]): Promise<readonly PendingRepair[]> {
    return (await this.#database.read(query)).flatMap(readRepair);
  }
}

/** None for a row whose values are not valid: nothing can be done with it. */
function readRepair(row: Row): readonly PendingRepair[] {
  const digest: Digest | undefined = digestOfColumn(row["digest"]);
  const [size, begun] = [Number(row["size"]), Number(row["begun"])];
  if (digest === undefined || !Number.isSafeInteger(size)) return [];
  const [host, access, repository] = [String(row["host"]), String(row["access"]), String(row["repository"])];
  return [{ host, access, repository, digest, size, begun }];
}
