import type { Interceptor } from "../http/interceptor.ts";
import { trafficOf } from "../http/message/big-body.ts";
import type { HttpRequest, HttpResponse, Send } from "../http/message/message.ts";
import { ObservedBody } from "../http/observe/observed-body.ts";
import { AdaptiveLimit, type Turn } from "./adaptive-limit.ts";
import { BudgetedBody, budgetedContent } from "./budgeted-body.ts";
import { Clock } from "./clock.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What may be asked of a host in one direction. Undefined: no limit. */
export interface HostLimits {
  readonly requestsPerSecond?: number | undefined;
  /** Bytes of bodies per second. */
  readonly bytesPerSecond?: number | undefined;
  /** Requests that wait for an answer of the host, big blobs that are sent to it, and big ones that are read from it, each at once; never more than the registry's `connections`. */
  readonly concurrency?: number | undefined;
}

/** What a budget is made of. */
export interface HostBudgetOptions {
  /** Asked whenever it matters, so that limits may change while requests run. A limit is more than 0. */
  readonly limits: () => HostLimits;
  /** For tests. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

interface Direction {
  readonly requests: TokenBucket;
  readonly bytes: TokenBucket;
}

/**
 * The requests and bytes per second of one host, for reading (GET, HEAD, and the bodies of answers) and for writing (the rest, and the bodies of requests)
 * apart. Registries that are given the same budget share it, whoever they ask as; requests to which they are redirected count too. Nothing is refused: what is over
 * the limit waits in line. A burst is 100 ms of the limit, or one piece of at most 64 KiB.
 */
export class HostBudget {
  readonly #limits: HostBudgetOptions["limits"];
  readonly #read: Direction;
  readonly #write: Direction;
  /** Big blobs that are being read; those that are sent hold a turn of the host's pace. */
  readonly #reading: AdaptiveLimit;

  constructor({ limits, sleep }: HostBudgetOptions) {
    const clock = new Clock(sleep);
    this.#limits = limits;
    const direction = (): Direction => ({
      requests: new TokenBucket({ clock, rate: () => limits().requestsPerSecond }),
      bytes: new TokenBucket({ clock, rate: () => limits().bytesPerSecond }),
    });
    this.#read = direction();
    this.#write = direction();
    this.#reading = new AdaptiveLimit({ most: Number.POSITIVE_INFINITY, cap: () => this.concurrency });
  }

  /** What holds at the moment; undefined: no limit. @internal */
  get concurrency(): number | undefined {
    return this.#limits().concurrency;
  }

  /**
   * Sends each request when it is its turn; its body and that of its response then keep to the
   * limit. @throws what `next` throws; the signal's reason. @internal
   */
  readonly intercept: Interceptor = (next) => (request) => this.#send(request, next);

  async #send(request: HttpRequest, send: Send): Promise<HttpResponse> {
    const { signal, call } = request;
    const { requests } = request.method === "GET" || request.method === "HEAD" ? this.#read : this.#write;
    const turn = (): Promise<void> => requests.take(1, signal);
    await (requests.isBehind && call?.whileWaiting !== undefined ? call.whileWaiting(turn) : turn());
    const reading = await this.#readingTurn(request);
    if (this.#limits().bytesPerSecond === undefined) return holding(reading, () => send(request));
    const response = await holding(reading, () => send({ ...request, inSmallPieces: true, ...this.#bodyOf(request) }));
    return { ...response, body: new BudgetedBody(response.body, this.#read.bytes, signal) };
  }

  /** A big blob's turn to be read. One that goes on where it broke needs none: it may be what fills a request that others wait for. */
  async #readingTurn(request: HttpRequest): Promise<Turn | undefined> {
    const { headers, signal, call } = request;
    if (trafficOf(request) !== "read" || headers["range"] !== undefined) return undefined;
    if (this.concurrency === undefined || call?.whileWaiting === undefined || this.#reading.free)
      return this.#reading.turn(signal);
    let turn: Turn | undefined;
    await call.whileWaiting(async () => {
      turn = await this.#reading.turn(signal);
    });
    return turn;
  }

  #bodyOf({ body, signal }: HttpRequest): Pick<HttpRequest, "body"> {
    if (body === undefined) return {};
    const { bytes } = this.#write;
    return {
      body: () => {
        const content = body();
        if (!(content instanceof Uint8Array)) return budgetedContent(content, bytes, signal);
        bytes.debit(content.length);
        return content;
      },
    };
  }
}

/** Sends, and ends the turn when the answer's body is over, or with what was thrown. */
async function holding(turn: Turn | undefined, send: () => Promise<HttpResponse>): Promise<HttpResponse> {
  if (turn === undefined) return send();
  try {
    const response = await send();
    return { ...response, body: new ObservedBody(response.body, [{ ended: () => turn.end() }]) };
  } catch (error) {
    turn.end();
    throw error;
  }
}
