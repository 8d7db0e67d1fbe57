import { pathToFileURL } from "node:url";

/** A file for SQLite to open, but never to make: what it makes others may read. */
export function existingFile(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set("mode", "rw");
  return url;
}
