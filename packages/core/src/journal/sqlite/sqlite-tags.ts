import type { Digest } from "../../digest/digest.ts";
import type { JournalLimits } from "../journal-limits.ts";
import { findPlace, placeOf } from "../state/places.ts";
import type { Rewrite, SeenTag, TagCounts, TagJournal, TagPlace } from "../tag-journal.ts";
import { digestColumn, digestOfColumn } from "./digest-column.ts";
import type { JournalDatabase } from "./journal-database.ts";
import { Pruning } from "./pruning.ts";

/** What tags pointed at, what was made of indexes, and when images were built, in a file. */
export class SqliteTags implements TagJournal {
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

  async seen(place: TagPlace, digest: Digest): Promise<void> {
    const now = this.#now();
    await this.#database.writeSoon((connection) => {
      connection.run(
        "INSERT INTO tags VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest, seen = excluded.seen",
        placeOf(connection, place),
        place.tag,
        digestColumn(digest),
        now,
      );
      this.#pruning.wrote(connection, "tags");
    });
  }

  async last(place: TagPlace): Promise<SeenTag | undefined> {
    return this.#database.read((connection) => {
      const id = findPlace(connection, place);
      if (id === undefined) return undefined;
      const sql = "SELECT digest, seen FROM tags WHERE place = ? AND tag = ? AND seen >= ?";
      const row = connection.get(sql, id, place.tag, this.#now() - this.#limits.tagMs);
      const digest = digestOfColumn(row?.["digest"]);
      return digest && { digest, seen: Number(row?.["seen"]) };
    });
  }

  async rewrote({ source, selection }: Rewrite, result: Digest): Promise<void> {
    await this.#database.write((connection) => {
      connection.run(
        "INSERT INTO rewrites VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET result = excluded.result, made = excluded.made",
        digestColumn(source),
        selection,
        digestColumn(result),
        this.#now(),
      );
      this.#pruning.wrote(connection, "rewrites");
    });
  }

  async result({ source, selection }: Rewrite): Promise<Digest | undefined> {
    return this.#database.read((connection) => {
      const sql = "SELECT result FROM rewrites WHERE source = ? AND selection = ? AND made >= ?";
      const row = connection.get(sql, digestColumn(source), selection, this.#now() - this.#limits.rewriteMs);
      return digestOfColumn(row?.["result"]);
    });
  }

  async built(digest: Digest, time: number): Promise<void> {
    const now = this.#now();
    await this.#database.writeSoon((connection) => {
      connection.run(
        "INSERT INTO build_times VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET built = excluded.built, read = excluded.read",
        digestColumn(digest),
        time,
        now,
      );
      this.#pruning.wrote(connection, "build_times");
    });
  }

  async buildTime(digest: Digest): Promise<number | undefined> {
    return this.#database.read((connection) => {
      const sql = "SELECT built FROM build_times WHERE digest = ? AND read >= ?";
      const row = connection.get(sql, digestColumn(digest), this.#now() - this.#limits.buildTimeMs);
      return row && Number(row["built"]);
    });
  }

  async counts(): Promise<TagCounts> {
    return this.#database.read((connection) => {
      const sql = `
        SELECT (SELECT count(*) FROM tags WHERE seen >= ?) AS tags,
          (SELECT count(*) FROM rewrites WHERE made >= ?) AS rewrites,
          (SELECT count(*) FROM build_times WHERE read >= ?) AS build_times`;
      const { tagMs, rewriteMs, buildTimeMs } = this.#limits;
      const now = this.#now();
      const row = connection.get(sql, now - tagMs, now - rewriteMs, now - buildTimeMs);
      return {
        tags: Number(row?.["tags"]),
        rewrites: Number(row?.["rewrites"]),
        buildTimes: Number(row?.["build_times"]),
      };
    });
  }

  async clear(): Promise<number> {
    return this.#database.write((connection) =>
      ["tags", "rewrites", "build_times"].reduce((sum, table) => sum + connection.run(`DELETE FROM ${table}`), 0),
    );
  }
}
