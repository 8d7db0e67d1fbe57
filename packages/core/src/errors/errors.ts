import type { Digest } from "../digest/digest.ts";

/** The codes of the distribution spec, v1.1.1, "Error Codes". */
export type SpecErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "UNAUTHORIZED"
  | "DENIED"
  | "UNSUPPORTED"
  | "TOOMANYREQUESTS";

/**
 * Our own codes.
 * - DIGEST_MISMATCH, SIZE_MISMATCH: the bytes are not those that the descriptor promised.
 * - MANIFEST_UNSUPPORTED: schema 1, or a document that is no manifest. MANIFEST_TOO_LARGE: over 4 MiB.
 * - NETWORK: no answer, or a broken one (connection refused, reset, DNS). TLS: the certificate or the handshake. TIMEOUT: nothing came in time.
 * - PROTOCOL: an answer that the spec does not allow. REDIRECT_REFUSED: a Location that must not be followed. RATE_LIMITED: told to come back later than allowed.
 * - CREDENTIALS: credentials that cannot be read or exchanged. LAYOUT_INVALID: a directory that is no OCI layout. PLATFORM_UNKNOWN: no manifest for it.
 * - LINK_REFUSED: a link in a layout leads to where nothing is read from, see `linkRoots` of openLayout.
 * - BROKEN_TAG: a tag that is listed has no manifest, so that nobody can tell what it needs.
 * - LOCKED: the registry has a lock on it, which refuses the change (Azure Container Registry).
 * - DEADLINE: an image that took longer than it may, see `imageDeadlineMs` of a copy.
 * - LIST_TOO_LONG: a list with more pages, items or bytes than are taken, see `ListLimits`. TOO_SLOW: a body that came below the lowest rate, see `minBytesPerSecond`.
 * - STORAGE: the operating system refused to read or write a layout: no space left, read-only, no permission. The system's own error is the `cause`.
 */
export type OwnErrorCode =
  | "DIGEST_MISMATCH"
  | "SIZE_MISMATCH"
  | "MANIFEST_UNSUPPORTED"
  | "MANIFEST_TOO_LARGE"
  | "NETWORK"
  | "TLS"
  | "TIMEOUT"
  | "PROTOCOL"
  | "REDIRECT_REFUSED"
  | "RATE_LIMITED"
  | "CREDENTIALS"
  | "LAYOUT_INVALID"
  | "LINK_REFUSED"
  | "BROKEN_TAG"
  | "LOCKED"
  | "DEADLINE"
  | "LIST_TOO_LONG"
  | "TOO_SLOW"
  | "STORAGE"
  | "PLATFORM_UNKNOWN";

/** A code of the spec or ours; a registry may send one of its own. */
export type ErrorCode = SpecErrorCode | OwnErrorCode | (string & {});

/** What a store could not do. The message says what was tried, on what, and the detail. */
export class StoreError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}

/** What a DigestMismatchError is made from. */
export interface DigestMismatchInit {
  readonly expected: Digest;
  readonly actual: Digest;
  /** Who sent the bytes, where that was a registry. */
  readonly url?: string | undefined;
}

/** The bytes that came are not those of the digest that was promised or asked for: code DIGEST_MISMATCH, wherever they came from. */
export class DigestMismatchError extends StoreError {
  readonly expected: Digest;
  readonly actual: Digest;
  /** The URL without user, password and query; undefined where the bytes came from no registry, or over several requests. */
  readonly url: string | undefined;

  constructor(message: string, { expected, actual, url }: DigestMismatchInit) {
    super("DIGEST_MISMATCH", message);
    this.name = "DigestMismatchError";
    this.expected = expected;
    this.actual = actual;
    this.url = url === undefined ? undefined : redactUrl(url);
  }
}

/** One entry of the `errors` list in a registry's answer. */
export interface RegistryErrorDetail {
  readonly code: string;
  readonly message?: string;
  readonly detail?: unknown;
}

/** What a RegistryError is made from. */
export interface RegistryErrorInit {
  readonly cause?: unknown;
  readonly status?: number;
  readonly method: string;
  readonly url: string;
  readonly errors?: readonly RegistryErrorDetail[];
  readonly retryAfterMs?: number;
}

/** What a registry refused, or answered wrongly, or did not answer. */
export class RegistryError extends StoreError {
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  readonly method: string;
  /** The URL without user, password and query. */
  readonly url: string;
  /** What the registry itself said. */
  readonly errors: readonly RegistryErrorDetail[];
  /** How long the registry asked to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, init: RegistryErrorInit) {
    super(code, message, "cause" in init ? { cause: init.cause } : undefined);
    this.name = "RegistryError";
    this.status = init.status;
    this.method = init.method;
    this.url = redactUrl(init.url);
    this.errors = init.errors ?? [];
    this.retryAfterMs = init.retryAfterMs;
  }
}

/**
 * A list was read, and nothing proves that it is whole: more items may exist than came. What came before this error can be shown; nothing may be deleted,
 * or taken for absent, because the list lacks it. Code PROTOCOL.
 */
export class IncompleteListError extends RegistryError {
  constructor(message: string, init: RegistryErrorInit) {
    super("PROTOCOL", message, init);
    this.name = "IncompleteListError";
  }
}

/** The URL without user, password, query and fragment: an upload's or a CDN's query is a capability. */
export function redactUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return "(malformed URL)";
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

/** Whether a body came below the lowest rate. It is read again only where that is counted: each try takes a while. */
export function isTooSlow(error: unknown): boolean {
  return error instanceof StoreError && error.code === "TOO_SLOW";
}

/** Whether trying the same again, a little later, may work: broken connections, timeouts, 408, 425, 429 and the passing 5xx. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  if (error.code === "NETWORK" || error.code === "TIMEOUT") return true;
  // The registry told when to come back, and that was longer than allowed.
  if (error.code === "RATE_LIMITED" || !(error instanceof RegistryError) || error.status === undefined) return false;
  return [408, 425, 429, 500, 502, 503, 504].includes(error.status);
}
