import type { CallOptions, RequestKind } from "../call/call-options.ts";
import type { KeptSlots } from "./queue/kept-slots.ts";

/** `repository:NAME:pull`, `repository:NAME:pull,push`, `repository:NAME:delete`, `registry:catalog:*`. */
export type Scope = string;

/** One request of the distribution API, before authentication. */
export interface RegistryRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** A path with query below the host (`/v2/app/blobs/sha256:…`), or the absolute URL of an upload's Location, already checked. */
  readonly path: string | URL;
  readonly kind: RequestKind;
  /** What the token must grant; the challenge's own scope is merged in. */
  readonly scopes: readonly Scope[];
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A function, since a challenge, a redirect or a retry asks for the body again: called once for each time that it is sent. */
  readonly body?: (() => Uint8Array | AsyncIterable<Uint8Array>) | undefined;
  /** Bytes of the body; must be given with a body. */
  readonly contentLength?: number | undefined;
  /** Bytes of the answer's body as far as the caller knows: a long one goes by the blob lane. */
  readonly answerLength?: number | undefined;
  /**
   * Whether the server is asked before a long body is sent (`Expect: 100-continue`), since it may
   * refuse the body: an offset may have moved. Default: only before the first one to a host.
   */
  readonly asksFirst?: boolean | undefined;
  /** The statuses that the caller handles; another one is thrown as a RegistryError. */
  readonly accept: readonly number[];
  /** Whether it is sent again after a failure that may pass. Default: GET and HEAD yes, others no. */
  readonly retry?: boolean | undefined;
  /** Whether redirects are followed. Default: all but those of DELETE. */
  readonly followRedirects?: boolean | undefined;
  /** The longest wait for the head of the answer, from when the body was sent, in ms, where the call does not say. Default: the client's. */
  readonly headersTimeoutMs?: number | undefined;
  /**
   * The slots that the parts of an upload keep from one to the next. Default: it waits for its own.
   */
  readonly keptSlots?: KeptSlots | undefined;
  /** What the caller of the step gave: handed on as it is. */
  readonly call?: CallOptions | undefined;
}

/** The body of an answer: iterated once, or dropped. An answer whose body was neither read nor dropped holds its connection. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  /** Reads the whole; over `limit` bytes it destroys the connection and throws a RegistryError with code PROTOCOL. */
  bytes(limit: number): Promise<Uint8Array>;
  /** Reads a short rest so that the connection can be used again, and destroys it where the rest is long. */
  drop(): Promise<void>;
}

export interface RegistryResponse {
  readonly status: number;
  /** Lower-case names; a header that came several times is joined with ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: ResponseBody;
  /** The URL that answered in the end, after redirects. */
  readonly url: URL;
  /** `host:port` of the proxy, which may have answered by itself: set where the URL was asked over http. */
  readonly proxy?: string | undefined;
}

/** Sends requests to one registry: connections, TLS, proxy, authentication, redirects, retries. The protocol's steps are built on it. */
export interface RegistryTransport {
  /** The host that is asked: `host` or `host:port`. */
  readonly host: string;
  /** @throws {RegistryError} for every status that is not accepted, with the registry's code, its body read. */
  request(request: RegistryRequest): Promise<RegistryResponse>;
  /**
   * The URL of a Location or Link header, absolute or relative to the URL that answered, once it is known to be safe to follow: http on the
   * registry's own host becomes https where the registry speaks https, http elsewhere is refused, a private address too unless the registry has one.
   * @throws {RegistryError} REDIRECT_REFUSED.
   */
  resolveLocation(location: string, answeredBy: URL): URL;
  /**
   * The URL of a Location that an earlier process was given, which is trusted no more than a new one. Sends nothing but, to a registry on this machine that wasn't
   * asked before, what finds out whether it speaks TLS.
   * @throws {RegistryError} REDIRECT_REFUSED; NETWORK. The signal's reason.
   */
  recallLocation(location: string, signal?: AbortSignal): Promise<URL>;
  /** A fingerprint of who asks for a repository, for what is remembered: never a secret. Asks the credentials, and sends nothing. */
  access(repository: string, signal?: AbortSignal): Promise<string>;
  /** Closes every connection; what is under way fails. */
  close(): Promise<void>;
}
