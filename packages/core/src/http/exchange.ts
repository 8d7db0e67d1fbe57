import type { Dispatcher } from "undici";
import { RegistryError } from "../errors.ts";
import { connectionFailure } from "./connection-failure.ts";
import { IncomingBody } from "./incoming-body.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";
import { type OutgoingBody, outgoingBody } from "./outgoing-body.ts";
import type { Route } from "./route.ts";

const MOST_REPLAYED_BYTES = 64 * 1024;

/** What is known of a connection: whether it has answered a request already. */
export interface ConnectionHistory {
  answered: boolean;
}

export interface ExchangeTimeouts {
  readonly headersMs: number;
  readonly bodyMs: number;
}

/**
 * One request on one connection and its answer.
 * A final status ends the sending of the body, and wins over the failing of the connection that usually follows.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** The body of the request, where it is one piece. */
  readonly content: Uint8Array | undefined;
  readonly #request: HttpRequest;
  readonly #closing: AbortSignal;
  readonly #outgoing: OutgoingBody | undefined;
  readonly #head: PromiseWithResolvers<HttpResponse> = Promise.withResolvers();
  #history: ConnectionHistory | undefined;
  #route: Route = {};
  #reused = false;
  #answering = false;
  #controller: Dispatcher.DispatchController | undefined;
  #body: IncomingBody | undefined;
  #over = false;

  /** @param closing Aborted when the client is closed, which ends the exchange. */
  constructor(request: HttpRequest, closing: AbortSignal) {
    this.#request = request;
    this.#closing = closing;
    const content = request.body?.();
    if (content instanceof Uint8Array) this.content = content;
    else if (content !== undefined) this.#outgoing = outgoingBody(content);
  }

  /**
   * Whether the connection had answered before, and died now without a byte of an answer: a server closes idle ones at any moment. A
   * connection that took more of a body than its buffers hold was alive, and what became of the body is the caller's question.
   */
  get diedUnanswered(): boolean {
    const { failure, taken = 0 } = this.#outgoing ?? {};
    return this.#reused && !this.#answering && failure === undefined && taken <= MOST_REPLAYED_BYTES;
  }

  /** Which connection carries it. */
  carriedBy(history: ConnectionHistory): void {
    this.#history = history;
  }

  /**
   * Sends the request and waits for the head of the answer.
   * @param route For messages.
   * @throws {RegistryError} NETWORK, TLS, TIMEOUT, PROTOCOL; what the body's content threw; the signal's reason.
   */
  run(dispatcher: Dispatcher, timeouts: ExchangeTimeouts, route: Route = {}): Promise<HttpResponse> {
    this.#route = route;
    const { signal, method, url, headers, contentLength } = this.#request;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#closing.addEventListener("abort", this.#onClose, { once: true });
    if (signal?.aborted) this.#onAbort();
    if (this.#closing.aborted) this.#onClose();
    if (this.#over) return this.#head.promise;
    try {
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers:
            contentLength === undefined ? { ...headers } : { ...headers, "content-length": String(contentLength) },
          body: this.content ?? this.#outgoing?.stream ?? null,
          headersTimeout: this.#request.headersTimeoutMs ?? timeouts.headersMs,
          bodyTimeout: this.#request.bodyTimeoutMs ?? timeouts.bodyMs,
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
    if (status < 200) return;
    this.#outgoing?.stop();
    const joined = joinHeaders(headers);
    const length = Number(joined["content-length"] ?? Number.NaN);
    this.#body = new IncomingBody({
      flow: {
        pause: () => controller.pause(),
        resume: () => controller.resume(),
        destroy: () => controller.abort(new Error("dropped")),
      },
      length: Number.isNaN(length) || this.#request.method === "HEAD" ? undefined : length,
      tooLong: (limit) => this.#tooLong(status, limit),
    });
    this.#head.resolve({ status, headers: joined, body: this.#body, url: this.#request.url });
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    this.#body?.push(piece);
  }

  onResponseEnd(): void {
    if (this.#history !== undefined) this.#history.answered = true;
    this.#finish();
    this.#body?.finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#over) return;
    this.#finish();
    const failure = this.#outgoing?.failure;
    const reported = failure === undefined ? connectionFailure(error, this.#request, this.#route) : failure.error;
    this.#body?.fail(reported);
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

  readonly #onClose = (): void => {
    this.onResponseError(undefined, this.#closing.reason);
    this.#controller?.abort(new Error("closed"));
  };

  #finish(): void {
    this.#over = true;
    this.#closing.removeEventListener("abort", this.#onClose);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    this.#outgoing?.stop();
  }

  #tooLong(status: number, limit: number): RegistryError {
    return new RegistryError("PROTOCOL", `Cannot ${this.#request.action}: the answer is longer than ${limit} bytes`, {
      status,
      method: this.#request.method,
      url: this.#request.url.href,
    });
  }
}

function joinHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const joined: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    joined[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}
