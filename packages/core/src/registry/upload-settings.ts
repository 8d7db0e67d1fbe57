import type { UploadJournal } from "../journal/upload-journal.ts";

const MIB = 1024 * 1024;

/** How blobs are sent. Sizes are bytes. */
export interface UploadOptions {
  /** Before the first blob of this size the host is probed for what it keeps of an upload that breaks off: some 6 requests and 1 MiB. Default 64 MiB. */
  readonly probeFrom?: number | undefined;
  /** A chunk, where the host keeps whole ones. Shorter blobs are not worth going on with after a restart. Default 16 MiB. */
  readonly chunkSize?: number | undefined;
  /** How long the chunk that is being sent may go on after an abort, so that it counts, in ms. Default 1 s. */
  readonly graceMs?: number | undefined;
}

/** The same with what they are by default, as the steps take it. */
export interface UploadSettings {
  readonly probeFrom: number;
  readonly chunkSize: number;
  readonly graceMs: number;
  /** Where open uploads are kept for the next process. */
  readonly journal: UploadJournal | undefined;
}

/** @throws {RangeError} for sizes and times that are none. */
export function uploadSettings(options: UploadOptions = {}, journal?: UploadJournal): UploadSettings {
  const { probeFrom = 64 * MIB, chunkSize = 16 * MIB, graceMs = 1000 } = options;
  for (const [name, value] of Object.entries({ probeFrom, chunkSize })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new RangeError(`Bad uploads.${name} ${value}: expected a whole number of bytes from 1`);
  }
  if (!(graceMs >= 0 && graceMs < 2 ** 31)) throw new RangeError(`Bad uploads.graceMs ${graceMs}: expected ms from 0`);
  return { probeFrom, chunkSize, graceMs, journal };
}
