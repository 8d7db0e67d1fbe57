import type { Route } from "./route.ts";

/** A request as the engine reads it. A plain object, so that a hook can pass an altered copy on: `next({ ...request, headers })`. */
export interface ServedRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the path asks for. The engine goes by this, not by `path`. */
  readonly route: Route;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Iterated once. Every byte that arrived is given, also of a connection that breaks; only then it throws. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the connection is gone, and when the answer was sent. Whatever a hook waits for should end with it, or `close()` waits as well. */
  readonly signal: AbortSignal;
  /** Resets the connection: the client sees ECONNRESET, and an answer that comes later goes nowhere. */
  readonly reset: () => void;
}

/** What is sent back. A body shorter than the `content-length` among `headers` ends in a cut connection, as does one that throws. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. `content-length` is added where the body is a string or bytes. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes are read from disk no earlier than they are iterated, so that an answer may be dropped. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** Has the engine answer, the request as it came or an altered one. Refusals are answers; it rejects only where the request's body broke off. */
export type Next = (request?: ServedRequest) => Promise<Answer>;

/**
 * Wraps every request: it may wait before or after `next`, alter what the engine reads (headers, body) or what the client gets (status,
 * headers, body), answer without the engine, or cut the connection in either direction by a body that stops, or by `request.reset()`.
 */
export type Hook = (request: ServedRequest, next: Next) => Promise<Answer>;
