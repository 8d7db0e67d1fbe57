import type { CallOptions } from "../../call/call-options.ts";
import type { RegistryRequest, RegistryResponse } from "../request.ts";

/** Lower-case names. */
export type HttpHeaders = Readonly<Record<string, string | undefined>>;

/** By which lane a request goes. */
export interface Carrier {
  readonly name: "blob" | "control";
  /** Why the control lane carries what the blob lane was to carry; undefined where it was not. */
  readonly because?: string | undefined;
}

/** A request in the hands of a lane. */
export interface SentExchange {
  /** The body of the request, where it is one piece. */
  readonly content: Uint8Array | undefined;
  /**
   * Whether the connection had answered before, and died now without a byte of an answer: a server
   * closes idle ones at any moment. A connection that took more of a body than its buffers hold was
   * alive, and what became of the body is the caller's question.
   */
  readonly diedUnanswered: boolean;
}

/** One HTTP request as it goes over the wire, to any host: the registry, its token service, or where a redirect leads. */
export interface HttpRequest
  extends Pick<RegistryRequest, "kind" | "body" | "contentLength" | "answerLength" | "headersTimeoutMs">,
    Pick<RegistryRequest, "retry" | "followRedirects" | "keptSlots" | "asksFirst">,
    Partial<Pick<RegistryRequest, "scopes" | "accept">>,
    Pick<CallOptions, "signal" | "onExchange"> {
  readonly method: RegistryRequest["method"];
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What messages say could not be done: `read manifest "latest" from "r.example/app"`. A function, since nearly all requests go well. */
  readonly action: () => string;
  /** The longest wait between two pieces of the answer's body, in ms. Default: the client's. */
  readonly bodyTimeoutMs?: number | undefined;
  /** What the caller and the client say, as one; handed on to a request for a token. */
  readonly call?: CallOptions | undefined;
  /** Its bytes are counted as they pass: a lane that moves them in large pieces is none for it. */
  readonly inSmallPieces?: boolean | undefined;
  /** By which lane it goes, as observers see it. */
  readonly carrier?: Carrier | undefined;
  /** Which try it is, from 1. */
  readonly attempt?: number | undefined;
  /** Told when it has its turn, and a lane begins to send it. */
  readonly onSent?: ((exchange: SentExchange) => void) | undefined;
  /**
   * Called by the lane when the request needs its connection no more: the response is over, or
   * there is none.
   */
  readonly onFree?: (() => void) | undefined;
}

/** Its answer; the body is not read yet. */
export type HttpResponse = RegistryResponse;

/** What sends one request and reads the head of its answer. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;
