import type { BlobJournal } from "../blob-journal.ts";
import type { Journal } from "../journal.ts";
import type { JournalLimits } from "../journal-limits.ts";
import type { LeaseJournal } from "../lease-journal.ts";
import type { OwnershipJournal } from "../ownership-journal.ts";
import type { ProfileJournal } from "../profile-journal.ts";
import type { RepairJournal } from "../repair-journal.ts";
import { loadSqlite } from "../state/sqlite-library.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { TagJournal } from "../tag-journal.ts";
import { JournalDatabase } from "./journal-database.ts";
import type { OnSetAside } from "./open-connection.ts";
import { Pruning } from "./pruning.ts";
import { SqliteBlobs } from "./sqlite-blobs.ts";
import { SqliteLeases } from "./sqlite-leases.ts";
import { SqliteOwnership } from "./sqlite-ownership.ts";
import { SqliteProfiles } from "./sqlite-profiles.ts";
import { SqliteRepairs } from "./sqlite-repairs.ts";
import { SqliteTags } from "./sqlite-tags.ts";
import { SqliteUploads } from "./sqlite-uploads.ts";
import { UploadOwner } from "./upload-owner.ts";

export interface SqliteJournalOptions {
  readonly limits: JournalLimits;
  readonly now: () => number;
  readonly onSetAside: OnSetAside;
}

/** The journal in a state folder. */
export class SqliteJournal implements Journal {
  readonly uploads: SqliteUploads;
  readonly blobs: BlobJournal;
  readonly profiles: ProfileJournal;
  readonly tags: TagJournal;
  readonly ownership: OwnershipJournal;
  readonly repairs: RepairJournal;
  readonly leases: LeaseJournal;
  readonly #database: JournalDatabase;
  readonly #owner: UploadOwner;
  readonly #ownLeases: SqliteLeases;
  #closed: Promise<void> | undefined;

  private constructor(database: JournalDatabase, owner: UploadOwner, { limits, now }: SqliteJournalOptions) {
    this.#database = database;
    this.#owner = owner;
    this.uploads = new SqliteUploads(database, owner, limits, now);
    this.blobs = new SqliteBlobs(database, limits, now);
    this.profiles = new SqliteProfiles(database, limits, now);
    this.tags = new SqliteTags(database, limits, now);
    this.ownership = new SqliteOwnership(database, now);
    this.repairs = new SqliteRepairs(database, now);
    this.#ownLeases = new SqliteLeases(database, owner, now);
    this.leases = this.#ownLeases;
  }

  static async open(folder: StateFolder, options: SqliteJournalOptions): Promise<SqliteJournal> {
    const { limits, now, onSetAside } = options;
    const sqlite = await loadSqlite();
    const database = await JournalDatabase.open(sqlite, folder, onSetAside);
    try {
      const owner = new UploadOwner(sqlite, folder.owners);
      const pruning = new Pruning(limits, now);
      if (await database.write((connection) => pruning.opened(connection))) {
        await database.read(({ database: file }) => file.exec("PRAGMA incremental_vacuum"));
        await owner.sweep();
      }
      return new SqliteJournal(database, owner, options);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      if (this.#owner.hasBegun) {
        await this.uploads.releaseAll();
        await this.#ownLeases.releaseAll();
      }
    } finally {
      await this.#database.close();
      await this.#owner.end();
    }
  }
}
