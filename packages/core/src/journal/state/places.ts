import type { BlobPlace } from "../blob-journal.ts";
import type { Connection } from "./connection.ts";

/** The number that stands for a repository of a host, as a role. Undefined where none was given yet. */
export function findPlace(connection: Connection, { host, access, repository }: BlobPlace): number | undefined {
  const sql = "SELECT id FROM places WHERE host = ? AND access = ? AND repository = ?";
  const row = connection.get(sql, host, access, repository);
  return row === undefined ? undefined : Number(row["id"]);
}

/** As `findPlace`, and gives it a number where it has none. Within a transaction. */
export function placeOf(connection: Connection, place: BlobPlace): number {
  const found = findPlace(connection, place);
  if (found !== undefined) return found;
  const { host, access, repository } = place;
  const sql = "INSERT INTO places (host, access, repository) VALUES (?, ?, ?) RETURNING id";
  return Number(connection.get(sql, host, access, repository)?.["id"]);
}
