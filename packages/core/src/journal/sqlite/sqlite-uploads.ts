import type { JournalLimits } from "../journal-limits.ts";
import type { Connection, Row } from "../state/connection.ts";
import { findPlace, placeOf } from "../state/places.ts";
import type {
  AbandonedUpload,
  OpenUpload,
  UploadFilter,
  UploadJournal,
  UploadKey,
  UploadSummary,
} from "../upload-journal.ts";
import { digestColumn } from "./digest-column.ts";
import type { JournalDatabase } from "./journal-database.ts";
import { Pruning } from "./pruning.ts";
import type { UploadOwner } from "./upload-owner.ts";
import { readUploadRow, UPLOAD_ROWS, type UploadRow } from "./upload-row.ts";

/** Open sessions, in a file that several processes share. */
export class SqliteUploads implements UploadJournal {
  readonly #database: JournalDatabase;
  readonly #owner: UploadOwner;
  readonly #limits: JournalLimits;
  readonly #now: () => number;
  readonly #pruning: Pruning;

  constructor(database: JournalDatabase, owner: UploadOwner, limits: JournalLimits, now: () => number) {
    this.#database = database;
    this.#owner = owner;
    this.#limits = limits;
    this.#now = now;
    this.#pruning = new Pruning(limits, now);
  }

  async claim(key: UploadKey): Promise<OpenUpload | undefined> {
    // Most often there is none, which is seen without a transaction that writes.
    if (!(await this.#database.read((connection) => this.#isKnown(connection, key)))) return undefined;
    await this.#owner.begin();
    return this.#database.write((connection) => {
      const place = findPlace(connection, key);
      if (place === undefined) return undefined;
      const where = "WHERE place = ? AND digest = ? ORDER BY confirmed DESC, changed DESC";
      const rows = connection.all(`${UPLOAD_ROWS} ${where}`, place, digestColumn(key.digest));
      if (rows.some(({ owner }) => owner === this.#owner.id)) return undefined;
      const since = this.#now() - this.#limits.uploadMs;
      return this.#claimFirst(connection, rows, ({ changed }) => changed >= since)?.upload;
    });
  }

  async opened(key: UploadKey, upload: OpenUpload): Promise<void> {
    await this.#owner.begin();
    await this.#database.writeNext((connection) => {
      const place = placeOf(connection, key);
      const digest = digestColumn(key.digest);
      connection.run("DELETE FROM uploads WHERE place = ? AND digest = ? AND owner = ?", place, digest, this.#owner.id);
      this.#insert(connection, place, digest, upload);
    });
  }

  async advanced(key: UploadKey, upload: OpenUpload): Promise<void> {
    await this.#owner.begin();
    const { size, location, confirmed } = upload;
    await this.#database.writeNext((connection) => {
      const place = placeOf(connection, key);
      const digest = digestColumn(key.digest);
      const changed = connection.run(
        "UPDATE uploads SET size = ?, location = ?, confirmed = ?, changed = ? WHERE place = ? AND digest = ? AND owner = ?",
        size,
        location,
        confirmed,
        this.#now(),
        place,
        digest,
        this.#owner.id,
      );
      if (changed === 0) this.#insert(connection, place, digest, upload);
    });
  }

  async released(key: UploadKey): Promise<void> {
    await this.#database.writeNext((connection) => this.#change(connection, "UPDATE uploads SET owner = NULL", key));
  }

  async ended(key: UploadKey): Promise<void> {
    // With the next one's beginning: where a kill comes between, the next process finds no session, and removes the row.
    await this.#database.writeSoon((connection) => this.#change(connection, "DELETE FROM uploads", key));
  }

  async *abandoned(filter: UploadFilter = {}): AsyncGenerator<AbandonedUpload, void, void> {
    await this.#owner.begin();
    for (let after = -1; ; ) {
      const claimed = await this.#database.write((connection) => {
        const rows = connection.all(`${UPLOAD_ROWS} WHERE uploads.id > ? ORDER BY uploads.id`, after);
        return this.#claimFirst(connection, rows, (row) => this.#matches(connection, row, filter));
      });
      if (claimed === undefined) return;
      after = claimed.number;
      try {
        yield { key: claimed.key, upload: claimed.upload };
      } finally {
        await this.#database.write((connection) =>
          connection.run("UPDATE uploads SET owner = NULL WHERE id = ? AND owner = ?", after, this.#owner.id),
        );
      }
    }
  }

  async *list(): AsyncGenerator<UploadSummary, void, void> {
    const rows = await this.#database.write((connection) => {
      const sql = `${UPLOAD_ROWS} ORDER BY changed DESC, number DESC`;
      this.#owner.releaseDead(connection, ownersOf(connection.all(sql)));
      return connection.all(sql);
    });
    for (const row of rows) {
      const read = readUploadRow(row);
      if (read === undefined) continue;
      const { key, upload, opened, changed, owner } = read;
      const { size, confirmed } = upload;
      yield { ...key, size, confirmed, opened, changed, owned: owner !== undefined };
    }
  }

  async clear(): Promise<number> {
    return this.#database.write((connection) => {
      this.#owner.releaseDead(connection, ownersOf(connection.all("SELECT DISTINCT owner FROM uploads")));
      return connection.run("DELETE FROM uploads WHERE owner IS NULL");
    });
  }

  /** Gives back everything that is ours. */
  async releaseAll(): Promise<void> {
    await this.#database.write((connection) =>
      connection.run("UPDATE uploads SET owner = NULL WHERE owner = ?", this.#owner.id),
    );
  }

  /** Makes the first row ours that nobody living owns and that is wanted; one that can't be read is removed. */
  #claimFirst(
    connection: Connection,
    rows: readonly Row[],
    isWanted: (row: UploadRow) => boolean,
  ): UploadRow | undefined {
    this.#owner.releaseDead(connection, ownersOf(rows));
    for (const row of rows) {
      const number = row["number"] ?? null;
      const isFree = connection.get("SELECT 1 FROM uploads WHERE id = ? AND owner IS NULL", number) !== undefined;
      if (!isFree) continue;
      const read = readUploadRow(row);
      if (read === undefined) connection.run("DELETE FROM uploads WHERE id = ?", number);
      if (read === undefined || !isWanted(read)) continue;
      connection.run("UPDATE uploads SET owner = ? WHERE id = ?", this.#owner.id, number);
      return read;
    }
    return undefined;
  }

  #insert(connection: Connection, place: number, digest: Buffer, { size, location, confirmed }: OpenUpload): void {
    const now = this.#now();
    connection.run(
      "INSERT INTO uploads (place, digest, size, location, confirmed, opened, changed, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      place,
      digest,
      size,
      location,
      confirmed,
      now,
      now,
      this.#owner.id,
    );
    this.#pruning.wrote(connection, "uploads");
  }

  #isKnown(connection: Connection, key: UploadKey): boolean {
    const place = findPlace(connection, key);
    if (place === undefined) return false;
    const sql = "SELECT 1 FROM uploads WHERE place = ? AND digest = ?";
    return connection.get(sql, place, digestColumn(key.digest)) !== undefined;
  }

  #change(connection: Connection, sql: string, key: UploadKey): void {
    const place = findPlace(connection, key);
    if (place === undefined) return;
    const where = "WHERE place = ? AND digest = ? AND owner = ?";
    connection.run(`${sql} ${where}`, place, digestColumn(key.digest), this.#owner.id);
  }

  #matches(connection: Connection, { key, upload, changed }: UploadRow, filter: UploadFilter): boolean {
    const { host = key.host, access = key.access, digest = key.digest } = filter;
    const { sizeUpTo = Number.POSITIVE_INFINITY, unchangedForMs = 0 } = filter;
    if (host !== key.host || access !== key.access || digest !== key.digest || upload.size > sizeUpTo) return false;
    if (this.#now() - changed < unchangedForMs) return false;
    // One session for a key is ours at most.
    const place = findPlace(connection, key) ?? null;
    const sql = "SELECT 1 FROM uploads WHERE place = ? AND digest = ? AND owner = ?";
    return connection.get(sql, place, digestColumn(key.digest), this.#owner.id) === undefined;
  }
}

function ownersOf(rows: readonly Row[]): Row[string][] {
  return rows.flatMap(({ owner }) => (owner === undefined ? [] : [owner]));
}
