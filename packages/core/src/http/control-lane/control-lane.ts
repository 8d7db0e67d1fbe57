import { Roster } from "../../concurrency/roster.ts";
import type { ExchangeTimeouts, Lane, LaneExchange } from "../lane.ts";
import { trafficOf } from "../message/big-body.ts";
import type { HttpRequest } from "../message/message.ts";
import type { Dispatchers } from "./dispatchers.ts";
import { Exchange } from "./exchange.ts";

/** Carries any request, over undici's connections: what is small, and what goes through a proxy or a dispatcher of the caller's. */
export class ControlLane implements Lane {
  readonly #dispatchers: Dispatchers;
  readonly #timeouts: ExchangeTimeouts;
  /** Those under way. A listener for each on the client's signal would cost as much as sending the request. */
  readonly #running = new Roster<Exchange>();

  constructor(dispatchers: Dispatchers, timeouts: ExchangeTimeouts) {
    this.#dispatchers = dispatchers;
    this.#timeouts = timeouts;
  }

  exchange(request: HttpRequest): LaneExchange {
    return new Exchange(request, {
      way: this.#dispatchers.to(request.url, trafficOf(request)),
      timeouts: this.#timeouts,
      running: this.#running,
      onOddBody: () => this.#dispatchers.readLeniently(request.url),
    });
  }

  close(): Promise<void> {
    const reason = new Error("the client was closed");
    for (const exchange of this.#running) exchange.close(reason);
    return this.#dispatchers.close();
  }
}
