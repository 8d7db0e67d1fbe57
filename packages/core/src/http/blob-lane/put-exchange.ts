import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type LeaseReader, leasesOf } from "../../bytes/lease.ts";
import { connectionFailure } from "../errors/connection-failure.ts";
import { LaneError, type LaneErrorCode } from "../errors/lane-error.ts";
import { type ExchangeTimeouts, type LaneExchange, MOST_REPLAYED_BYTES } from "../lane.ts";
import { IncomingBody } from "../message/incoming-body.ts";
import { joinHeaders } from "../message/join-headers.ts";
import type { HttpRequest, HttpResponse } from "../message/message.ts";
import type { Route } from "../message/route.ts";
import { tooLong } from "../message/too-long.ts";
import { BodySender } from "./body-sender.ts";

export interface PutExchangeOptions {
  /** Makes the request of node:http or node:https, with the agent's connections. */
  readonly open: (request: HttpRequest, headers: Readonly<Record<string, string>>) => ClientRequest;
  readonly timeouts: ExchangeTimeouts & { readonly connectMs: number };
  readonly route: Route;
  readonly closing: AbortSignal;
  /** Whether the server is asked before the body is sent. */
  readonly asksFirst: boolean;
  /** Told that the server takes no such question (417). */
  readonly onNotAsked: () => void;
}

/** How long the answer to `Expect: 100-continue` is waited for before the body is sent all the same, in ms. RFC 9110, 10.1.1. */
const EXPECT_MS = 1_000;

/** A request with a body, sent from leases as they come, while its answer is read. Memory: two leases. */
export class PutExchange implements LaneExchange {
  readonly content: Uint8Array | undefined;
  readonly #request: HttpRequest;
  readonly #options: PutExchangeOptions;
  readonly #leases: LeaseReader | undefined;
  readonly #head: PromiseWithResolvers<HttpResponse> = Promise.withResolvers();
  #outgoing: ClientRequest | undefined;
  #socket: Socket | undefined;
  #sender: BodySender | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** The code of what is waited for. */
  #waiting: LaneErrorCode = "LANE_CONNECT_TIMEOUT";
  #timer: NodeJS.Timeout | undefined;
  #answer: IncomingMessage | undefined;
  #body: IncomingBody | undefined;
  #over = false;

  constructor(request: HttpRequest, options: PutExchangeOptions) {
    this.#request = request;
    this.#options = options;
    const content = request.body?.();
    if (content instanceof Uint8Array) this.content = content;
    else if (content !== undefined) this.#leases = leasesOf(content);
  }

  get diedUnanswered(): boolean {
    const reused = this.#outgoing?.reusedSocket ?? false;
    return (
      reused &&
      this.#answer === undefined &&
      this.#failure === undefined &&
      (this.#sender?.taken ?? 0) <= MOST_REPLAYED_BYTES
    );
  }

  run(): Promise<HttpResponse> {
    const { signal } = this.#request;
    const { closing } = this.#options;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    closing.addEventListener("abort", this.#onClosing, { once: true });
    if (signal?.aborted) this.#onAbort();
    if (closing.aborted) this.#onClosing();
    try {
      if (!this.#over) this.#start(this.#options.asksFirst);
    } catch (error) {
      this.#end();
      this.#head.reject(error);
    }
    if (this.#outgoing === undefined) this.#request.onFree?.();
    return this.#head.promise;
  }

  #start(asksFirst: boolean): void {
    const { open } = this.#options;
    const { contentLength, headers } = this.#request;
    const outgoing = open(this.#request, {
      ...headers,
      ...(contentLength === undefined ? {} : { "content-length": String(contentLength) }),
      ...(asksFirst ? { expect: "100-continue" } : {}),
    });
    this.#outgoing = outgoing;
    const isLast = (): boolean => this.#outgoing === outgoing;
    outgoing.once("socket", (socket) => this.#onSocket(socket, outgoing, asksFirst));
    outgoing.once("response", (response) => {
      if (response.statusCode === 417 && asksFirst && this.#sender?.taken === 0) this.#askNoMore(outgoing);
      else if (isLast()) this.#onResponse(response);
    });
    outgoing.on("error", (error) => isLast() && this.#onError(error));
    outgoing.once("close", () => {
      if (isLast()) this.#onError(new LaneError("LANE_CLOSED", "The connection was closed"));
      if (isLast() || this.#outgoing === undefined) this.#request.onFree?.();
    });
    if (this.#leases === undefined) outgoing.end(this.content);
  }

  /** The connection is made: only now is the content read. */
  #onConnected(outgoing: ClientRequest, asksFirst: boolean): void {
    if (this.#over || this.#outgoing !== outgoing) return;
    const leases = this.#leases;
    if (leases !== undefined) {
      const { contentLength } = this.#request;
      this.#sender = new BodySender(leases, outgoing, contentLength, () => this.#timer?.refresh());
      if (asksFirst) this.#whenAsked(outgoing, this.#sender);
      else void this.#send(outgoing, this.#sender);
    }
    this.#waitForServer();
  }

  /** Sends the head alone; the body when the server wants it, or says nothing. */
  #whenAsked(outgoing: ClientRequest, sender: BodySender): void {
    const begin = (): void => {
      clearTimeout(timer);
      outgoing.removeListener("continue", begin);
      const isWanted = this.#outgoing === outgoing && this.#answer === undefined;
      if (!this.#over && isWanted) void this.#send(outgoing, sender);
    };
    const timer = setTimeout(begin, EXPECT_MS);
    outgoing.once("continue", begin);
    outgoing.once("close", () => clearTimeout(timer));
    outgoing.flushHeaders();
  }

  /** Sends the request once more, without the question. RFC 9110, 10.1.1. */
  #askNoMore(refused: ClientRequest): void {
    this.#options.onNotAsked();
    this.#outgoing = undefined;
    refused.destroy();
    if (!this.#over) this.#start(false);
  }

  async #send(outgoing: ClientRequest, sender: BodySender): Promise<void> {
    try {
      if ((await sender.run()) && this.#waiting === "LANE_SEND_TIMEOUT") this.#waitForServer();
    } catch (error) {
      if (this.#over || this.#answer !== undefined) return;
      // The content's own, not the connection's.
      this.#failure = { error };
      this.#fail(error);
      outgoing.destroy();
    }
  }

  #onSocket(socket: Socket, outgoing: ClientRequest, asksFirst: boolean): void {
    this.#socket?.off("timeout", this.#onSocketTimeout);
    this.#socket = socket.on("timeout", this.#onSocketTimeout);
    // One that was kept, whatever the agent says: it has connected before.
    if (!socket.connecting) {
      this.#onConnected(outgoing, asksFirst);
      return;
    }
    this.#wait("LANE_CONNECT_TIMEOUT", this.#options.timeouts.connectMs);
    const event = "encrypted" in socket ? "secureConnect" : "connect";
    socket.once(event, () => this.#onConnected(outgoing, asksFirst));
  }

  /** The server's turn: to take what is written, or to answer. */
  #waitForServer(): void {
    if (this.#answer !== undefined) return;
    const { headersTimeoutMs, bodyTimeoutMs } = this.#request;
    const { headersMs, bodyMs } = this.#options.timeouts;
    if (this.#sender?.isDone === false) this.#wait("LANE_SEND_TIMEOUT", bodyTimeoutMs ?? bodyMs);
    else this.#wait("LANE_HEADERS_TIMEOUT", headersTimeoutMs ?? headersMs);
  }

  #onResponse(answer: IncomingMessage): void {
    if (this.#over) return void answer.resume();
    this.#answer = answer;
    this.#sender?.stop();
    const status = answer.statusCode ?? 0;
    const headers = joinHeaders(answer.headersDistinct);
    const length = Number(headers["content-length"] ?? Number.NaN);
    const body = new IncomingBody({
      flow: {
        pause: () => answer.pause(),
        resume: () => answer.resume(),
        destroy: () => this.#outgoing?.destroy(),
      },
      length: Number.isNaN(length) ? undefined : length,
      tooLong: (limit) => tooLong(this.#request, status, limit),
    });
    this.#body = body;
    answer.on("data", (piece: Buffer) => {
      this.#timer?.refresh();
      body.push(piece);
    });
    answer.once("end", () => this.#finish());
    answer.on("error", (error) => this.#fail(error));
    this.#wait("LANE_BODY_TIMEOUT", this.#request.bodyTimeoutMs ?? this.#options.timeouts.bodyMs);
    this.#head.resolve({ status, headers, body, url: this.#request.url });
  }

  /** The whole answer came. */
  #finish(): void {
    if (this.#over) return;
    this.#end();
    this.#body?.finish();
    // Of the body that was stopped, the server would take what comes next for the rest.
    if (this.#outgoing?.writableFinished !== true) this.#outgoing?.destroy();
  }

  /** After a final status, only the answer itself says whether it is whole. */
  #onError(error: Error): void {
    if (this.#answer === undefined) this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end();
    const isOwn = this.#failure !== undefined && !(error instanceof LaneError);
    const reported = isOwn ? error : connectionFailure(error, this.#request, this.#options.route);
    this.#body?.fail(reported);
    this.#head.reject(reported);
    this.#outgoing?.destroy();
  }

  readonly #onAbort = (): void => {
    if (this.#over) return;
    this.#end();
    const reason: unknown = this.#request.signal?.reason;
    this.#body?.abort(reason);
    this.#head.reject(reason);
    this.#outgoing?.destroy();
  };

  readonly #onClosing = (): void => {
    this.#fail(this.#options.closing.reason);
  };

  #wait(code: LaneErrorCode, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = code;
    if (this.#over) return;
    // On a thin line a slab takes long: the socket's own timer sees each part of a write that is
    // taken.
    if (code === "LANE_SEND_TIMEOUT") this.#socket?.setTimeout(ms);
    else if (ms > 0) this.#timer = setTimeout(() => this.#onTimeout(), ms);
  }

  readonly #onSocketTimeout = (): void => {
    if (this.#waiting === "LANE_SEND_TIMEOUT" && !this.#isOursToMove()) this.#onTimeout();
  };

  #onTimeout(): void {
    if (this.#answer?.isPaused() === true) this.#timer?.refresh();
    else this.#fail(new LaneError(this.#waiting, "Nothing moved in time"));
  }

  /** Whether the server has taken all that there is, and more is to come. */
  #isOursToMove(): boolean {
    return this.#sender?.waitsForContent === true;
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket?.off("timeout", this.#onSocketTimeout);
    this.#options.closing.removeEventListener("abort", this.#onClosing);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    this.#sender?.stop();
    if (this.#sender === undefined) this.#leases?.close().catch(() => {});
  }
}
