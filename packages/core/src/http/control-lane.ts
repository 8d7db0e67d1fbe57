import type { Dispatchers } from "./dispatchers.ts";
import { Exchange } from "./exchange.ts";
import type { ExchangeTimeouts, Lane, LaneExchange } from "./lane.ts";
import type { HttpRequest } from "./message.ts";

/** Carries any request, over undici's connections: what is small, and what goes through a proxy or a dispatcher of the caller's. */
export class ControlLane implements Lane {
  readonly #dispatchers: Dispatchers;
  readonly #timeouts: ExchangeTimeouts;

  constructor(dispatchers: Dispatchers, timeouts: ExchangeTimeouts) {
    this.#dispatchers = dispatchers;
    this.#timeouts = timeouts;
  }

  exchange(request: HttpRequest, closing: AbortSignal): LaneExchange {
    return new Exchange(request, {
      dispatcher: this.#dispatchers.for(request.url),
      timeouts: this.#timeouts,
      route: this.#dispatchers.routeOf(request.url),
      closing,
    });
  }

  close(): Promise<void> {
    return this.#dispatchers.close();
  }
}
