import type { JournalLimits } from "../journal-limits.ts";
import type { Connection } from "../state/connection.ts";

/** How often opening a journal prunes it, in ms. */
const INTERVAL_MS = 10 * 60 * 1000;

/** What is bounded, and how: the limit of entries and of age, and when an entry was recorded. */
const BOUNDED = {
  uploads: { most: "uploads", keepMs: undefined, time: "changed", key: "id", where: "owner IS NULL" },
  blobs: { most: "blobs", keepMs: "blobMs", time: "seen", key: "digest, place", where: "true" },
  refused_mounts: {
    most: "refusedMounts",
    keepMs: "refusedMountMs",
    time: "refused",
    key: "source, target",
    where: "true",
  },
  facts: { most: "facts", keepMs: undefined, time: "learned", key: "host, name, by_user", where: "NOT by_user" },
  tags: { most: "tags", keepMs: "tagMs", time: "seen", key: "place, tag", where: "true" },
  rewrites: { most: "rewrites", keepMs: "rewriteMs", time: "made", key: "source, selection", where: "true" },
  build_times: { most: "buildTimes", keepMs: "buildTimeMs", time: "read", key: "digest", where: "true" },
} as const;

type BoundedTable = keyof typeof BOUNDED;

/** Removes what is over a limit. It runs in the transaction of who writes. */
export class Pruning {
  readonly #limits: JournalLimits;
  readonly #now: () => number;
  readonly #written = new Map<BoundedTable, number>();

  constructor(limits: JournalLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** A row was written. After so many as are a sixteenth of the limit the table is pruned: it stays within 17/16 of it, and counting it costs little. */
  wrote(connection: Connection, table: BoundedTable): void {
    const written = (this.#written.get(table) ?? 0) + 1;
    const due = written > this.#limits[BOUNDED[table].most] / 16;
    this.#written.set(table, due ? 0 : written);
    if (due) this.#prune(connection, table);
  }

  /** Prunes every table, for when a journal is opened. False where that was done lately: then nothing is. */
  opened(connection: Connection): boolean {
    const now = this.#now();
    // A clock that was set back does not put it off for ever.
    const done = connection.run(
      "UPDATE upkeep SET pruned = ? WHERE pruned NOT BETWEEN ? AND ?",
      now,
      now - INTERVAL_MS,
      now,
    );
    if (done === 0) return false;
    connection.run("DELETE FROM facts WHERE expires <= ?", now);
    connection.run("DELETE FROM leases WHERE expires <= ?", now);
    // The registry has thrown them away long since.
    connection.run("DELETE FROM uploads WHERE owner IS NULL AND changed < ?", now - 2 * this.#limits.uploadMs);
    for (const table of Object.keys(BOUNDED)) this.#prune(connection, table as BoundedTable);
    connection.run(`
      DELETE FROM places WHERE id NOT IN (
        SELECT place FROM uploads UNION SELECT place FROM blobs UNION SELECT place FROM tags
        UNION SELECT place FROM repairs
        UNION SELECT source FROM refused_mounts UNION SELECT target FROM refused_mounts)`);
    connection.run(
      "DELETE FROM mirror_targets WHERE NOT EXISTS (SELECT 1 FROM owned_tags WHERE mirror_target = mirror_targets.id)",
    );
    return true;
  }

  #prune(connection: Connection, table: BoundedTable): void {
    const { most, keepMs, time, key, where } = BOUNDED[table];
    if (keepMs !== undefined) {
      connection.run(`DELETE FROM ${table} WHERE ${time} < ?`, this.#now() - this.#limits[keepMs]);
    }
    const rows = Number(connection.get(`SELECT count(*) AS rows FROM ${table}`)?.["rows"]);
    const surplus = rows - this.#limits[most];
    if (surplus <= 0) return;
    const oldest = `SELECT ${key} FROM ${table} WHERE ${where} ORDER BY ${time} LIMIT ?`;
    connection.run(`DELETE FROM ${table} WHERE (${key}) IN (${oldest})`, surplus);
  }
}
