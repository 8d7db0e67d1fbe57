import type { LowestRateOptions } from "./message/lowest-rate.ts";
import type { HttpRequest, HttpResponse, SentExchange } from "./message/message.ts";

/** One way to carry requests: its connections, and what it knows of them. */
export interface Lane {
  /** One request on one connection; nothing is sent before `run`. @param closing Aborted when the client is closed, just before `close`: either may end the exchange. */
  exchange(request: HttpRequest, closing: AbortSignal): LaneExchange;
  /** Closes every connection at once. */
  close(): Promise<void>;
}

/** One request on one connection, and its answer. A final status ends the sending of the body, and wins over the failing of the connection that usually follows. */
export interface LaneExchange extends SentExchange {
  /**
   * Sends the request and waits for the head of the answer. Calls the request's `onFree` when its
   * connection is free again.
   * @throws {RegistryError} NETWORK, TLS, TIMEOUT, PROTOCOL; what the body's content threw; the signal's reason.
   */
  run(): Promise<HttpResponse>;
}

/** In ms; 0 waits for ever. */
export interface ExchangeTimeouts {
  readonly headersMs: number;
  /** Between two pieces of a body, in either direction. */
  readonly bodyMs: number;
  /** The lowest rate of the bodies of responses. Default: any. */
  readonly lowestRate?: LowestRateOptions | undefined;
}

/** The most of a body, in bytes, that is sent a second time because a kept connection was dead. */
export const MOST_REPLAYED_BYTES: number = 64 * 1024;
