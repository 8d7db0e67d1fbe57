import type { JournalLimits } from "../journal-limits.ts";
import type { FactValue, HostFact, ProfileJournal } from "../profile-journal.ts";
import type { Connection, Row } from "../state/connection.ts";
import type { JournalDatabase } from "./journal-database.ts";
import { Pruning } from "./pruning.ts";

/** What is known of hosts, in a file. */
export class SqliteProfiles implements ProfileJournal {
  readonly #database: JournalDatabase;
  readonly #now: () => number;
  readonly #pruning: Pruning;

  constructor(database: JournalDatabase, limits: JournalLimits, now: () => number) {
    this.#database = database;
    this.#now = now;
    this.#pruning = new Pruning(limits, now);
  }

  async facts(host: string): Promise<readonly HostFact[]> {
    // Of two with a name, the user's comes last.
    const sql = `
      SELECT name, by_user, value, learned, expires FROM facts
      WHERE host = ? AND (expires IS NULL OR expires > ?) ORDER BY name, by_user`;
    const rows = await this.#database.read((connection) => connection.all(sql, host, this.#now()));
    const facts = new Map<string, HostFact>();
    for (const row of rows) {
      const fact = readFact(row);
      if (fact !== undefined) facts.set(fact.name, fact);
    }
    return [...facts.values()];
  }

  async learned(host: string, name: string, value: FactValue, { keepMs }: { readonly keepMs: number }): Promise<void> {
    const learned = this.#now();
    await this.#database.write((connection) => {
      record(connection, host, { name, value, setByUser: false, learned, expires: learned + keepMs });
      this.#pruning.wrote(connection, "facts");
    });
  }

  async set(host: string, name: string, value: FactValue): Promise<void> {
    const learned = this.#now();
    await this.#database.write((connection) =>
      record(connection, host, { name, value, setByUser: true, learned, expires: undefined }),
    );
  }

  async forget(host: string, name?: string): Promise<number> {
    return this.#database.write((connection) =>
      name === undefined
        ? connection.run("DELETE FROM facts WHERE host = ?", host)
        : connection.run("DELETE FROM facts WHERE host = ? AND name = ?", host, name),
    );
  }

  async *hosts(): AsyncGenerator<string, void, void> {
    const sql = "SELECT DISTINCT host FROM facts WHERE expires IS NULL OR expires > ? ORDER BY host";
    const rows = await this.#database.read((connection) => connection.all(sql, this.#now()));
    for (const { host } of rows) yield String(host);
  }

  async clear(): Promise<number> {
    return this.#database.write((connection) => connection.run("DELETE FROM facts"));
  }
}

function record(connection: Connection, host: string, fact: HostFact): void {
  const { name, value, setByUser, learned, expires } = fact;
  connection.run(
    "INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?)",
    host,
    name,
    Number(setByUser),
    JSON.stringify(value),
    learned,
    expires ?? null,
  );
}

/** Undefined for a row that another version, or a fault of the disk, has filled with something else. */
function readFact({ name, by_user, value, learned, expires }: Row): HostFact | undefined {
  const parsed = parseValue(value);
  if (parsed === undefined || typeof name !== "string" || typeof learned !== "number") return undefined;
  return {
    name,
    value: parsed,
    setByUser: by_user === 1,
    learned,
    expires: typeof expires === "number" ? expires : undefined,
  };
}

function parseValue(text: unknown): FactValue | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
  } catch {
    return undefined;
  }
}
