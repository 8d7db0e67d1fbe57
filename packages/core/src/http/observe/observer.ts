import type { HttpRequest, HttpResponse } from "../message/message.ts";

/** Who looks at what goes over the wire: hooks, the log, traces. */
export interface Observer {
  /** A request is about to be sent. Undefined where nothing of it is of interest. What this throws fails the request. */
  start(request: HttpRequest): Observation | undefined | Promise<Observation | undefined>;
}

/** Who looks at one request, after `start`. */
export interface Observation {
  /** Headers to send along. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** It has left the queue, and is sent; with the body, where that is one piece. */
  sent?(content: Uint8Array | undefined): void;
  /** The head of the answer came. What this throws fails the request. */
  answered?(response: HttpResponse): BodyObserver | undefined;
  /** No answer came: the last that is told. */
  failed?(error: unknown): void;
}

/** Who looks at the body of an answer. */
export interface BodyObserver {
  /** A piece, which is not to be kept. */
  received?(piece: Uint8Array): void;
  /** The body was read, dropped, or broke off with an error. Told once. */
  ended(error?: unknown): void;
}
