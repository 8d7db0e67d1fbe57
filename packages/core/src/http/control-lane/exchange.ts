import type { Dispatcher } from "undici";
import { onAbort } from "../../concurrency/on-abort.ts";
import type { Member, Roster } from "../../concurrency/roster.ts";
import { connectionFailure } from "../errors/connection-failure.ts";
import { codeOf } from "../errors/error-code.ts";
import { LaneError } from "../errors/lane-error.ts";
import { tooSlow } from "../errors/too-slow.ts";
import { type ExchangeTimeouts, type LaneExchange, MOST_REPLAYED_BYTES } from "../lane.ts";
import { asLostAnswer, isOddAnswer } from "../lenient/odd-head.ts";
import { IncomingBody } from "../message/incoming-body.ts";
import { joinHeaders } from "../message/join-headers.ts";
import { LowestRate } from "../message/lowest-rate.ts";
import type { HttpRequest, HttpResponse } from "../message/message.ts";
import { BadHeadError } from "../message/response-head.ts";
import { tooLong } from "../message/too-long.ts";
import { type OutgoingBody, outgoingBody } from "./outgoing-body.ts";
import type { Way } from "./way.ts";

/** A server that works for long may say so once a second (102), for as long as a commit may take. */
const MOST_INTERIMS = 1024;

/** What is known of a connection: whether it has answered a request already. */
export interface ConnectionHistory {
  answered: boolean;
}

export interface ExchangeOptions {
  readonly way: Way;
  readonly timeouts: ExchangeTimeouts;
  /** Told of an answer that the parser refused after its head. */
  readonly onOddBody: () => void;
  /** Holds it from when it is sent until it is over. */
  readonly running: Roster<Exchange>;
}

/** One request on one of undici's connections. */
export class Exchange implements LaneExchange, Dispatcher.DispatchHandler, Member {
  place = -1;
  readonly content: Uint8Array | undefined;
  readonly #request: HttpRequest;
  readonly #options: ExchangeOptions;
  readonly #outgoing: OutgoingBody | undefined;
  readonly #head: PromiseWithResolvers<HttpResponse> = Promise.withResolvers();
  #history: ConnectionHistory | undefined;
  #reused = false;
  #answering = false;
  #controller: Dispatcher.DispatchController | undefined;
  #body: IncomingBody | undefined;
  #response: HttpResponse | undefined;
  #over = false;
  /** Heads of 1xx that came, and the time that the final one has after the first of them. */
  #interims = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The signal is no more of interest. */
  #leave: (() => void) | undefined;

  constructor(request: HttpRequest, options: ExchangeOptions) {
    this.#request = request;
    this.#options = options;
    const content = request.body?.();
    if (content instanceof Uint8Array) this.content = content;
    else if (content !== undefined) this.#outgoing = outgoingBody(content, this.#bodyMs);
  }

  get diedUnanswered(): boolean {
    const { failure, taken = 0 } = this.#outgoing ?? {};
    return this.#reused && !this.#answering && failure === undefined && taken <= MOST_REPLAYED_BYTES;
  }

  get #bodyMs(): number {
    return this.#request.bodyTimeoutMs ?? this.#options.timeouts.bodyMs;
  }

  get #proxy(): string | undefined {
    return this.#request.url.protocol === "http:" ? this.#options.way.route.proxy?.host : undefined;
  }

  /** Which connection carries it. */
  carriedBy(history: ConnectionHistory): void {
    this.#history = history;
  }

  run(): Promise<HttpResponse> {
    const { way, timeouts, running } = this.#options;
    const { signal, method, url, headers, contentLength } = this.#request;
    if (signal !== undefined) this.#leave = onAbort(signal, this.#onAbort);
    running.join(this);
    if (signal?.aborted) this.#onAbort();
    if (this.#over) return this.#head.promise;
    try {
      way.dispatcher.dispatch(
        {
          origin: way.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers: contentLength === undefined ? headers : { ...headers, "content-length": String(contentLength) },
          body: this.content ?? this.#outgoing?.stream ?? null,
          headersTimeout: this.#request.headersTimeoutMs ?? timeouts.headersMs,
          bodyTimeout: this.#bodyMs,
          // undici closes the connection after each HEAD unless told otherwise.
          ...(method === "HEAD" ? { reset: false } : {}),
        },
        this,
      );
    } catch (error) {
      this.#finish();
      this.#head.reject(error);
    }
    return this.#head.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#reused = this.#history?.answered ?? false;
    if (this.#over) controller.abort(new Error("aborted"));
  }

  onResponseStarted(): void {
    this.#answering = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) {
      this.#interim(controller);
      return;
    }
    clearTimeout(this.#timer);
    this.#outgoing?.stop();
    const joined = joinHeaders(headers);
    const ambiguous = ambiguity(joined);
    if (ambiguous !== undefined) {
      this.onResponseError(controller, ambiguous);
      controller.abort(ambiguous);
      return;
    }
    const length = Number(joined["content-length"] ?? Number.NaN);
    this.#body = new IncomingBody({
      flow: {
        pause: () => controller.pause(),
        resume: () => controller.resume(),
        destroy: () => controller.abort(new Error("dropped")),
      },
      length: Number.isNaN(length) || this.#request.method === "HEAD" ? undefined : length,
      tooLong: (limit) => tooLong(this.#request, status, limit),
      rate: this.#options.timeouts.lowestRate && {
        lowest: new LowestRate(this.#options.timeouts.lowestRate),
        tooSlow: (window) => tooSlow(this.#request, status, window),
      },
    });
    this.#response = { status, headers: joined, body: this.#body, url: this.#request.url, proxy: this.#proxy };
    // An odd first chunk that came with the head fails the head, so that the request is sent again.
    if (joined["transfer-encoding"] === undefined) this.#head.resolve(this.#response);
    else setImmediate(this.#head.resolve, this.#response);
  }

  /**
   * undici waits anew after each 1xx, so that a server could have a request wait for ever: the final head has to come
   * within the time that one may take, counted from the first of them.
   */
  #interim(controller: Dispatcher.DispatchController): void {
    this.#interims += 1;
    const { headersTimeoutMs: ms = this.#options.timeouts.headersMs } = this.#request;
    const fail = (error: Error): void => {
      this.onResponseError(controller, error);
      controller.abort(error);
    };
    if (this.#interims > MOST_INTERIMS)
      fail(new BadHeadError(`The answer has more than ${MOST_INTERIMS} heads of 1xx`));
    else if (ms > 0)
      this.#timer ??= setTimeout(() => fail(new LaneError("LANE_HEADERS_TIMEOUT", "No final head in time")), ms);
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    this.#body?.push(piece);
  }

  onResponseEnd(): void {
    if (this.#history !== undefined) this.#history.answered = true;
    this.#finish();
    this.#body?.finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, reason: Error): void {
    if (this.#over) return;
    const error = this.#response === undefined && isBadLength(reason) ? new BadHeadError(NO_LENGTH) : reason;
    this.#finish();
    const failure = this.#outgoing?.failure;
    const reported =
      failure === undefined ? connectionFailure(error, this.#request, this.#options.way.route) : failure.error;
    if (isOddAnswer(reported)) {
      this.#options.onOddBody();
      this.#body?.fail(asLostAnswer(reported));
    } else this.#body?.fail(reported);
    this.#head.reject(reported);
  }

  readonly #onAbort = (): void => {
    if (this.#over) return;
    this.#finish();
    const reason: unknown = this.#request.signal?.reason;
    this.#body?.abort(reason);
    this.#head.reject(reason);
    this.#controller?.abort(new Error("aborted"));
  };

  /** The client is closed. */
  close(reason: Error): void {
    this.onResponseError(undefined, reason);
    this.#controller?.abort(reason);
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#options.running.leave(this);
    this.#leave?.();
    this.#outgoing?.stop();
    this.#request.onFree?.();
  }
}

const NO_LENGTH = "it states a length more than once, or beside a transfer coding";

/** undici's error for a head whose framing its parser refuses (lib/dispatcher/client-h1.js, `createError`). */
function isBadLength(error: Error): boolean {
  return codeOf(error) === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";
}

/** What undici's parser lets pass although another reader may find another end of the body. */
function ambiguity(headers: Readonly<Record<string, string | undefined>>): BadHeadError | undefined {
  const { "content-length": length, "transfer-encoding": coding } = headers;
  if (length?.includes(",") === true) return new BadHeadError("The answer has more than one Content-Length");
  if (coding === undefined) return undefined;
  if (length !== undefined) return new BadHeadError("The answer has both a Content-Length and a Transfer-Encoding");
  return coding.includes(",") ? new BadHeadError("The answer has more than one Transfer-Encoding") : undefined;
}
