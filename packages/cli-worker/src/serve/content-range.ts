import { ApiError } from "./api-error.ts";

/** Where a chunk says that it belongs: `start` to `end`, the last byte included. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
}

const CONTENT_RANGE = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/;

/**
 * Reads the Content-Range of a chunk, `0-1023` or as HTTP writes it; undefined where there is none: the chunk goes to the end.
 * Spec: distribution-spec v1.1.1, "Pushing a blob in chunks".
 * @throws {ApiError} BLOB_UPLOAD_INVALID.
 */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = CONTENT_RANGE.exec(header.trim()) ?? [];
  const range = { start: Number(first ?? Number.NaN), end: Number(last ?? Number.NaN) };
  if (!(range.end >= range.start - 1) || !Number.isSafeInteger(range.end)) {
    throw new ApiError(400, "BLOB_UPLOAD_INVALID", `Bad Content-Range "${header}": expected FIRST-LAST`);
  }
  return range;
}
