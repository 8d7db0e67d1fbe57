import { randomBytes } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Why a journal's file is not used. */
export type Unusable = "damaged" | "foreign" | "newer";

/** Damaged ones are kept to be looked at, but not for ever; what is not ours is never removed. */
const KEPT_DAMAGED = 3;

/** SQLite's files for one database. */
const SUFFIXES = ["", "-wal", "-shm"];

/** Gives the database another name, with what belongs to it, so that a new one can be begun. Gives that name. */
export async function setAside(path: string, why: Unusable): Promise<string> {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const aside = `${path}.${why}-${time}-${randomBytes(3).toString("hex")}`;
  for (const suffix of SUFFIXES) await rename(`${path}${suffix}`, `${aside}${suffix}`).catch(unlessMissing);
  await removeOldDamaged(path);
  return aside;
}

/** Removes what a database that is gone left beside it: SQLite would take it for the new one's. */
export async function removeRemains(path: string): Promise<void> {
  for (const suffix of SUFFIXES.slice(1)) await rm(`${path}${suffix}`, { force: true });
}

async function removeOldDamaged(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.damaged-`;
  const damaged = (await readdir(folder)).filter(
    (name) => name.startsWith(prefix) && !name.endsWith("-wal") && !name.endsWith("-shm"),
  );
  for (const name of damaged.toSorted().slice(0, -KEPT_DAMAGED)) {
    for (const suffix of SUFFIXES) await rm(join(folder, `${name}${suffix}`), { force: true });
  }
}

function unlessMissing(error: unknown): void {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
  throw error;
}
