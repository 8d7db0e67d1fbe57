import type { Digest } from "../../digest/digest.ts";
import { type MirrorTarget, OWNED_BECAUSE, type OwnedTag, type OwnershipJournal } from "../ownership-journal.ts";
import type { Connection, Row } from "../state/connection.ts";
import { digestColumn, digestOfColumn } from "./digest-column.ts";
import type { JournalDatabase } from "./journal-database.ts";

const COLUMNS = "owned_tags.tag AS tag, digest, because, recorded";
const OF_PLACE = "FROM owned_tags JOIN mirror_targets ON id = mirror_target WHERE mirror = ? AND target = ?";

/** The tags that mirrors own, in a file. */
export class SqliteOwnership implements OwnershipJournal {
  readonly #database: JournalDatabase;
  readonly #now: () => number;

  constructor(database: JournalDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async record(place: MirrorTarget, { tag, digest, because }: Omit<OwnedTag, "recorded">): Promise<void> {
    const now = this.#now();
    const sql = `
      INSERT INTO owned_tags VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
      SET digest = excluded.digest, because = excluded.because, recorded = excluded.recorded
      WHERE digest <> excluded.digest`;
    await this.#database.writeSoon((connection) => {
      connection.run(sql, idOf(connection, place), tag, digestColumn(digest), because, now);
    });
  }

  async find({ mirror, target }: MirrorTarget, tag: string): Promise<OwnedTag | undefined> {
    const sql = `SELECT ${COLUMNS} ${OF_PLACE} AND tag = ?`;
    return readOwned(await this.#database.read((connection) => connection.get(sql, mirror, target, tag)));
  }

  async *list({ mirror, target }: MirrorTarget): AsyncGenerator<OwnedTag, void, void> {
    const sql = `SELECT ${COLUMNS} ${OF_PLACE}`;
    const rows = await this.#database.read((connection) => connection.all(sql, mirror, target));
    for (const row of rows) {
      const owned = readOwned(row);
      if (owned !== undefined) yield owned;
    }
  }

  async drop({ mirror, target }: MirrorTarget, tag: string, digest: Digest): Promise<void> {
    const sql = `
      DELETE FROM owned_tags WHERE tag = ? AND digest = ?
      AND mirror_target = (SELECT id FROM mirror_targets WHERE mirror = ? AND target = ?)`;
    await this.#database.write((connection) => connection.run(sql, tag, digestColumn(digest), mirror, target));
  }

  async count(): Promise<number> {
    return this.#database.read((connection) =>
      Number(connection.get("SELECT count(*) AS tags FROM owned_tags")?.["tags"]),
    );
  }

  async clear(): Promise<number> {
    return this.#database.write((connection) => {
      connection.run("DELETE FROM mirror_targets");
      return connection.run("DELETE FROM owned_tags");
    });
  }
}

/**
 * The number that stands for a mirror and its target, assigned where there is none. Within a
 * transaction.
 */
function idOf(connection: Connection, { mirror, target }: MirrorTarget): number {
  const found = connection.get("SELECT id FROM mirror_targets WHERE mirror = ? AND target = ?", mirror, target);
  const sql = "INSERT INTO mirror_targets (mirror, target) VALUES (?, ?) RETURNING id";
  return Number((found ?? connection.get(sql, mirror, target))?.["id"]);
}

/** Undefined for a row whose values are not valid: then nothing says that the tag is owned. */
function readOwned(row: Row | undefined): OwnedTag | undefined {
  const { tag, recorded } = row ?? {};
  const digest = digestOfColumn(row?.["digest"]);
  const because = OWNED_BECAUSE.find((one) => one === row?.["because"]);
  if (typeof tag !== "string" || digest === undefined || because === undefined) return undefined;
  return { tag, digest, because, recorded: Number(recorded) };
}
