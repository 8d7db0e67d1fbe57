import type { SlabPool } from "../../bytes/slab-pool.ts";
import { connectionFailure } from "../errors/connection-failure.ts";
import { LaneError } from "../errors/lane-error.ts";
import type { ExchangeTimeouts, LaneExchange } from "../lane.ts";
import { asLostAnswer, isOddAnswer } from "../lenient/odd-head.ts";
import { OddFramingError } from "../message/framing.ts";
import type { HttpRequest, HttpResponse } from "../message/message.ts";
import type { Route } from "../message/route.ts";
import { AnswerReader } from "./answer-reader.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import type { LaneConnection, Receiver } from "./lane-connection.ts";
import { requestHead } from "./request-head.ts";
import { SlabFiller } from "./slab-filler.ts";

export interface GetExchangeOptions {
  readonly pool: ConnectionPool;
  readonly slabs: SlabPool;
  readonly timeouts: ExchangeTimeouts & { readonly connectMs: number };
  readonly route: Route;
  readonly closing: AbortSignal;
  /** Told of an answer that was refused after its head. */
  readonly onOddBody: () => void;
}

/** A GET or HEAD whose answer is read into slabs. Memory: its share of the slabs, taken before anything is sent, so that no source waits with an open answer. */
export class GetExchange implements LaneExchange, Receiver {
  readonly content: undefined;
  readonly #request: HttpRequest;
  readonly #options: GetExchangeOptions;
  readonly #head: PromiseWithResolvers<HttpResponse> = Promise.withResolvers();
  readonly #stop = new AbortController();
  #connection: LaneConnection | undefined;
  /** Until there is a connection, then until there is a whole head, however much of it comes. */
  #timer: NodeJS.Timeout | undefined;
  #filler: SlabFiller | undefined;
  #reader: AnswerReader | undefined;
  #reused = false;
  #paused = false;
  #over = false;

  constructor(request: HttpRequest, options: GetExchangeOptions) {
    this.#request = request;
    this.#options = options;
  }

  get diedUnanswered(): boolean {
    return this.#reused && this.#reader?.hasBegun !== true;
  }

  run(): Promise<HttpResponse> {
    const { signal } = this.#request;
    const { closing } = this.#options;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    closing.addEventListener("abort", this.#onClosing, { once: true });
    if (signal?.aborted) this.#onAbort();
    if (closing.aborted) this.#onClosing();
    if (this.#over) return this.#head.promise;
    try {
      const head = requestHead(this.#request);
      this.#start(head).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#end();
      this.#head.reject(error);
    }
    return this.#head.promise;
  }

  async #start(head: string): Promise<void> {
    const { signal } = this.#stop;
    const { pool, slabs, timeouts } = this.#options;
    const share = await slabs.open(signal);
    this.#filler = new SlabFiller(share, { tls: this.#request.url.protocol === "https:" });
    if (this.#over) return this.#filler.close();
    let connection: LaneConnection;
    try {
      connection = await pool.take(signal);
    } catch (error) {
      this.#filler.close();
      throw error;
    }
    this.#connection = connection;
    connection.use(this);
    if (this.#over) return connection.destroy();
    this.#reused = connection.answered;
    this.#reader = new AnswerReader({
      request: this.#request,
      headRoom: connection.ownRoom,
      filler: this.#filler,
      lowestRate: timeouts.lowestRate,
      destroy: () => this.#fail(new Error("dropped")),
      onHead: (response) => {
        clearTimeout(this.#timer);
        connection.waitFor(this.#request.bodyTimeoutMs ?? timeouts.bodyMs);
        this.#head.resolve(response);
      },
      onEnd: ({ headers }, reusable) => this.#finish(reusable, headers["keep-alive"]),
    });
    connection.send(head);
    if (connection.isConnected) return this.connected();
    this.#failAfter(timeouts.connectMs, new LaneError("LANE_CONNECT_TIMEOUT", "No connection in time"));
  }

  connected(): void {
    const { headersTimeoutMs = this.#options.timeouts.headersMs } = this.#request;
    this.#connection?.waitFor(0);
    this.#failAfter(headersTimeoutMs, new LaneError("LANE_HEADERS_TIMEOUT", "No whole head in time"));
  }

  room(): Uint8Array | undefined {
    // What comes after the end was not asked for.
    if (this.#over) return undefined;
    try {
      return this.#reader?.room();
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  received(length: number): boolean {
    if (this.#over || this.#reader === undefined) return false;
    try {
      if (this.#reader.received(length) || this.#over) return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
    this.#paused = true;
    this.#filler?.onHome(() => this.#resume());
    return false;
  }

  closed(error: Error | undefined): void {
    // Only now is nothing written to the slabs any more.
    this.#filler?.close();
    this.#request.onFree?.();
    if (this.#over) return;
    if (error === undefined && this.#reader?.ended() === true) return;
    this.#fail(error ?? new LaneError("LANE_CLOSED", "The connection was closed"));
  }

  timedOut(): void {
    // Nobody reads: that is not the peer's fault.
    if (this.#paused) return;
    this.#fail(new LaneError("LANE_BODY_TIMEOUT", "Nothing came in time"));
  }

  #failAfter(ms: number, late: LaneError): void {
    clearTimeout(this.#timer);
    if (ms > 0) this.#timer = setTimeout(() => this.#fail(late), ms);
  }

  #resume(): void {
    if (!this.#paused || this.#reader?.isReady() !== true) return;
    this.#paused = false;
    this.#filler?.onHome(undefined);
    this.#connection?.waitFor(this.#request.bodyTimeoutMs ?? this.#options.timeouts.bodyMs);
    this.#connection?.resume();
  }

  /** The whole answer came. */
  #finish(reusable: boolean, keepAlive: string | undefined): void {
    this.#end();
    const connection = this.#connection;
    if (connection === undefined) return;
    if (reusable) {
      this.#filler?.close();
      this.#options.pool.giveBack(connection, keepAlive);
      this.#request.onFree?.();
    } else {
      connection.destroy();
    }
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end();
    const reported =
      error instanceof OddFramingError ? error : connectionFailure(error, this.#request, this.#options.route);
    const { body } = this.#reader ?? {};
    if (body !== undefined && isOddAnswer(reported)) {
      this.#options.onOddBody();
      body.fail(asLostAnswer(reported));
    } else body?.fail(reported);
    this.#head.reject(reported);
    this.#connection?.destroy();
  }

  readonly #onAbort = (): void => {
    if (this.#over) return;
    this.#end();
    const reason: unknown = this.#request.signal?.reason;
    this.#reader?.body?.abort(reason);
    this.#head.reject(reason);
    this.#stop.abort(reason);
    this.#connection?.destroy();
  };

  readonly #onClosing = (): void => {
    this.#fail(this.#options.closing.reason);
    this.#stop.abort(this.#options.closing.reason);
  };

  #end(): void {
    this.#over = true;
    // Else when the connection is idle or closed.
    if (this.#connection === undefined) this.#request.onFree?.();
    clearTimeout(this.#timer);
    this.#options.closing.removeEventListener("abort", this.#onClosing);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
  }
}
