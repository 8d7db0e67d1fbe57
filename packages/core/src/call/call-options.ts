import type { CallConnection } from "./call-connection.ts";

/** What a request was for. Together with method and host it is what is counted. */
export type RequestKind = "manifest" | "blob" | "upload" | "tags" | "referrers" | "catalog" | "token" | "ping";

/** One HTTP request that was answered or failed; redirects and retries are requests of their own. */
export interface RequestRecord {
  readonly method: string;
  readonly kind: RequestKind;
  /** `host:port` that was asked, the CDN's where a redirect led there. */
  readonly host: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
}

/** How often and when a request is tried again after a failure that may pass. */
export interface RetryPolicy {
  /** Tries in all, the first included; 1 is none again. Default 5. */
  readonly attempts?: number | undefined;
  /** The longest wait before the second try, in ms; doubled for each further one, and a random part of it is waited. Default 500. */
  readonly baseDelayMs?: number | undefined;
  /** The longest of these waits, in ms. Default 30 s. */
  readonly maxDelayMs?: number | undefined;
  /** The longest wait that a registry may ask for, in ms; one that asks for more ends in RATE_LIMITED. Default 2 min. */
  readonly maxRetryAfterMs?: number | undefined;
}

/** A request that failed and will be tried again. */
export interface RetryRecord {
  readonly method: string;
  readonly kind: RequestKind;
  /** `host:port` of the registry, or of its token service. */
  readonly host: string;
  /** The try that failed, from 1. */
  readonly attempt: number;
  /** How long is waited before the next one, in ms. */
  readonly delayMs: number;
  readonly error: unknown;
  /** Whether the registry asked to wait: 429, or a Retry-After. */
  readonly throttled: boolean;
}

/** How long an answer may take, in ms; 0 waits for ever. */
export interface CallTimeouts {
  /** From the sent request, its body included, to the head of its answer. Default 60 s; 15 min for the commit of a blob, which some registries hash anew. */
  readonly headersMs?: number | undefined;
  /** Between two pieces of a body, in either direction; a slow one that goes on is not cut. Default 60 s. */
  readonly bodyMs?: number | undefined;
}

/** One HTTP request as it goes out, without secrets. */
export interface SentRequest {
  readonly method: string;
  readonly kind: RequestKind;
  /** Without user and password, and `REDACTED` in the place of each query value that may be a secret. */
  readonly url: string;
  /** Lower-case names; the values of those that may be secrets (authorization, cookies) are `REDACTED`. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The head of an answer, without secrets. */
export interface ReceivedResponse {
  readonly request: SentRequest;
  readonly status: number;
  /** Lower-case names; secrets are `REDACTED`, also in the query of `location` and `link`. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** From sending to the head of the answer, in ms. */
  readonly durationMs: number;
}

/**
 * What every call of a store takes. What a call says wins over what its client says, field by field; functions of both are called, the client's first.
 * One that throws fails the call with what it threw.
 */
export interface CallOptions {
  /** Ends the call; it rejects with `signal.reason`, and nothing of it runs on. */
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Another proxy, other certificates, a dispatcher. Default: as the client says. */
  readonly connection?: CallConnection | undefined;
  /** What follows `tranship/VERSION` in `user-agent`: `mirror/3.1 (team-a)`. */
  readonly userAgentSuffix?: string | undefined;
  readonly timeouts?: CallTimeouts | undefined;
  /**
   * Told of each HTTP request before it is sent, those for tokens, redirects and retries too. Returns headers to send along, or nothing. A token
   * that several calls wait for is fetched by the first of them.
   * Headers of the connection and `authorization` are refused with a TypeError.
   */
  readonly onRequest?: ((request: SentRequest) => Readonly<Record<string, string>> | undefined) | undefined;
  /** Told of the head of each answer, before its body is read. */
  readonly onResponse?: ((response: ReceivedResponse) => void) | undefined;
  /** Told of each HTTP request once it was answered or failed: what is counted. */
  readonly onExchange?: ((request: RequestRecord) => void) | undefined;
  /** Told before each wait for another try. */
  readonly onRetry?: ((retry: RetryRecord) => void) | undefined;
  /**
   * Runs each wait that a host imposes: for another try, until the time that it told, for its turn there. Who limits calls under way can leave this one out
   * meanwhile. The wait must be begun, once, and awaited; what it throws ends the call.
   */
  readonly whileWaiting?: ((wait: () => Promise<void>) => Promise<void>) | undefined;
}
