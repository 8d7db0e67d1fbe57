import { connectionFailure } from "./connection-failure.ts";
import type { LaneExchange } from "./lane.ts";
import { Lanes, type LanesOptions } from "./lanes.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";
import { Observed } from "./observed.ts";
import type { Observer } from "./observer.ts";

/** Sends single requests to any host, without authentication, redirects and retries. */
export interface Transport {
  /**
   * Sends one request and waits for the head of its answer. Whatever happened is told to the observers and to the request's `onExchange`.
   * @throws {RegistryError} NETWORK, TLS, TIMEOUT, PROTOCOL, REDIRECT_REFUSED; the signal's reason; what the body's content or an observer threw.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes every connection; what is under way fails. */
  close(): Promise<void>;
}

export interface TransportOptions extends LanesOptions {
  /** Who looks at every request; the first may add headers that the others see. */
  readonly observers?: readonly Observer[] | undefined;
}

/** A transport with connections that are kept and used again. */
export function createTransport(options: TransportOptions): Transport {
  const { observers = [] } = options;
  const lanes = new Lanes(options);
  const closing = new AbortController();

  async function send(request: HttpRequest): Promise<HttpResponse> {
    // Each connection that died idle can disturb a request once; after them all, a new one is made.
    let carrier = lanes.carrierOf(request);
    for (let replays = 0; ; replays += 1) {
      request.signal?.throwIfAborted();
      if (closing.signal.aborted) throw connectionFailure(closing.signal.reason, request);
      const carried = { ...request, carrier };
      const observing = Observed.start(observers, carried);
      const observed = observing && (await observing);
      let exchange: LaneExchange | undefined;
      let response: HttpResponse;
      try {
        exchange = lanes.lane(carrier).exchange(observed?.request ?? carried, closing.signal);
        observed?.sent(exchange.content);
        response = await exchange.run();
      } catch (error) {
        observed?.failed(error);
        report(request, 0);
        const other = lanes.carrierAfter(error, request);
        if (other !== undefined) {
          carrier = other;
          continue;
        }
        if (request.signal?.aborted || exchange?.diedUnanswered !== true || replays >= options.connections) throw error;
        continue;
      }
      report(request, response.status);
      return observed === undefined ? response : observed.answered(response);
    }
  }

  return {
    send,
    async close() {
      closing.abort(new Error("the client was closed"));
      await lanes.close();
    },
  };
}

function report(request: HttpRequest, status: number): void {
  request.onExchange?.({ method: request.method, kind: request.kind, host: request.url.host, status });
}
