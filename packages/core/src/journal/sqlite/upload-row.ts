import type { Row } from "../state/connection.ts";
import type { OpenUpload, UploadKey } from "../upload-journal.ts";
import { digestOfColumn } from "./digest-column.ts";

/** The columns of an upload with its place's, `uploads.id` as `number`. */
export const UPLOAD_ROWS = `
  SELECT uploads.id AS number, host, access, repository, digest, size, location, confirmed, opened, changed, owner
  FROM uploads JOIN places ON places.id = uploads.place`;

/** What one row says of a session. */
export interface UploadRow {
  readonly number: number;
  readonly key: UploadKey;
  readonly upload: OpenUpload;
  readonly opened: number;
  readonly changed: number;
  readonly owner: string | undefined;
}

/** Undefined for a row that a fault of the disk, or somebody's hand, has filled with something else. */
export function readUploadRow(row: Row): UploadRow | undefined {
  const { host, access, repository, size, location, confirmed, opened, changed, owner } = row;
  const digest = digestOfColumn(row["digest"]);
  if (typeof host !== "string" || typeof access !== "string" || typeof repository !== "string") return undefined;
  if (digest === undefined || typeof location !== "string" || !/^https?:$/.test(URL.parse(location)?.protocol ?? "")) {
    return undefined;
  }
  if (!isCount(size) || !isCount(confirmed) || confirmed > size || !isCount(opened) || !isCount(changed)) {
    return undefined;
  }
  return {
    number: Number(row["number"]),
    key: { host, access, repository, digest },
    upload: { size, location, confirmed },
    opened,
    changed,
    owner: typeof owner === "string" ? owner : undefined,
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
