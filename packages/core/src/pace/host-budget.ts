import type { HttpRequest, HttpResponse, Send } from "../http/message.ts";
import { BudgetedBody, budgetedContent } from "./budgeted-body.ts";
import { Clock } from "./clock.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What may be asked of a host in one direction. Undefined: no limit. */
export interface HostLimits {
  readonly requestsPerSecond?: number | undefined;
  /** Bytes of bodies per second. */
  readonly bytesPerSecond?: number | undefined;
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

  constructor({ limits, sleep }: HostBudgetOptions) {
    const clock = new Clock(sleep);
    this.#limits = limits;
    const direction = (): Direction => ({
      requests: new TokenBucket({ clock, rate: () => limits().requestsPerSecond }),
      bytes: new TokenBucket({ clock, rate: () => limits().bytesPerSecond }),
    });
    this.#read = direction();
    this.#write = direction();
  }

  /** Sends a request when it is its turn; its body and that of its answer then keep to the limit. @throws what `send` throws; the signal's reason. @internal */
  async send(request: HttpRequest, send: Send): Promise<HttpResponse> {
    const { signal, call } = request;
    const { requests } = request.method === "GET" || request.method === "HEAD" ? this.#read : this.#write;
    const turn = (): Promise<void> => requests.take(1, signal);
    await (requests.isBehind && call?.whileWaiting !== undefined ? call.whileWaiting(turn) : turn());
    if (this.#limits().bytesPerSecond === undefined) return send(request);
    const response = await send({ ...request, inSmallPieces: true, ...this.#bodyOf(request) });
    return { ...response, body: new BudgetedBody(response.body, this.#read.bytes, signal) };
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
