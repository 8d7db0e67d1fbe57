import { connectionFailure } from "./errors/connection-failure.ts";
import type { LaneExchange } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import type { HttpRequest, Send } from "./message/message.ts";

export interface SendByLaneOptions {
  readonly lanesOf: (request: HttpRequest) => Lanes;
  /** Aborted when the client is closed. */
  readonly closing: AbortSignal;
}

/**
 * Sends each request by its lane, on one connection, and waits for the head of the response: the
 * end of a list of interceptors.
 * @throws {RegistryError} NETWORK, TLS, TIMEOUT, PROTOCOL, REDIRECT_REFUSED; the signal's reason;
 * what the body's content threw.
 */
export function sendByLane({ lanesOf, closing }: SendByLaneOptions): Send {
  return async (request) => {
    let exchange: LaneExchange;
    try {
      request.signal?.throwIfAborted();
      if (closing.aborted) throw connectionFailure(closing.reason, request);
      const lanes = lanesOf(request);
      exchange = lanes.lane(request.carrier ?? lanes.carrierOf(request)).exchange(request, closing);
      request.onSent?.(exchange);
    } catch (error) {
      request.onFree?.();
      throw error;
    }
    return exchange.run();
  };
}
