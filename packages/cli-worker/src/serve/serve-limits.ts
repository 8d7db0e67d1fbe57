import { type LowestRateOptions, MIN_BYTES_PER_SECOND, RATE_WINDOW_MS } from "@tranship/core";

/** How much clients may take of a server. */
export interface ServeLimits {
  /** Connections at once; further ones are closed. Default 1,000. */
  readonly connections?: number | undefined;
  /** Uploads that are not complete, of all clients together; a further one is answered 429. Default 1,000. */
  readonly uploads?: number | undefined;
  /** How long an upload is kept that nobody writes to, in ms. Default: 7 days. */
  readonly uploadAgeMs?: number | undefined;
  /** Bytes of all files below the folder, uploads included; what would be more is answered 403. Default: no limit. */
  readonly bytes?: number | undefined;
  /**
   * Bytes per second that a client has to send of a request's body, and to take of a response, while
   * the server waits for it. A slower one is disconnected; of an upload the bytes that came are kept.
   * Default 1,000; 0 allows any.
   */
  readonly minBytesPerSecond?: number | undefined;
  /** The waiting that the lowest rate is measured over, in ms. Default: 60 s. */
  readonly rateWindowMs?: number | undefined;
}

const MAX_CONNECTIONS = 1000;
const MAX_UPLOADS = 1000;
/** An upload that nobody wrote to for that long is given up, in ms. */
const STALE_MS = 7 * 24 * 60 * 60 * 1000;

/** The limits with their defaults. */
export interface AppliedLimits {
  readonly connections: number;
  readonly uploads: number;
  readonly uploadAgeMs: number;
  readonly bytes: number;
  readonly lowestRate: LowestRateOptions;
}

/** @throws {RangeError} for a limit that is not a positive number. */
export function applyDefaults(limits: ServeLimits): AppliedLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || value > 0 || (value === 0 && name === "minBytesPerSecond")) continue;
    throw new RangeError(`Bad limit "${name}": expected a number above 0, got ${value}`);
  }
  return {
    connections: limits.connections ?? MAX_CONNECTIONS,
    uploads: limits.uploads ?? MAX_UPLOADS,
    uploadAgeMs: limits.uploadAgeMs ?? STALE_MS,
    bytes: limits.bytes ?? Number.POSITIVE_INFINITY,
    lowestRate: {
      bytesPerSecond: limits.minBytesPerSecond ?? MIN_BYTES_PER_SECOND,
      windowMs: limits.rateWindowMs ?? RATE_WINDOW_MS,
    },
  };
}
