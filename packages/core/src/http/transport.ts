import { connectionFailure } from "./connection-failure.ts";
import { Dispatchers, type DispatchersOptions } from "./dispatchers.ts";
import { Exchange, type ExchangeTimeouts } from "./exchange.ts";
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

export interface TransportOptions extends DispatchersOptions {
  readonly timeouts: ExchangeTimeouts;
  /** Who looks at every request; the first may add headers that the others see. */
  readonly observers?: readonly Observer[] | undefined;
}

/** A transport on undici, with connections that are kept and used again. */
export function createTransport(options: TransportOptions): Transport {
  const dispatchers = new Dispatchers(options);
  const closing = new AbortController();

  async function send(request: HttpRequest): Promise<HttpResponse> {
    // Each connection that died idle can disturb a request once; after them all, a new one is made.
    for (let replays = 0; ; replays += 1) {
      request.signal?.throwIfAborted();
      if (closing.signal.aborted) throw connectionFailure(closing.signal.reason, request);
      const dispatcher = dispatchers.for(request.url);
      const observed = await Observed.start(options.observers ?? [], request);
      const exchange = new Exchange(observed.request, closing.signal);
      observed.sent(exchange.content);
      let response: HttpResponse;
      try {
        response = await exchange.run(dispatcher, options.timeouts, dispatchers.routeOf(request.url));
      } catch (error) {
        observed.failed(error);
        report(request, 0);
        if (request.signal?.aborted || !exchange.diedUnanswered || replays >= options.connections) throw error;
        continue;
      }
      report(request, response.status);
      return observed.answered(response);
    }
  }

  return {
    send,
    async close() {
      closing.abort(new Error("the client was closed"));
      await dispatchers.close();
    },
  };
}

function report(request: HttpRequest, status: number): void {
  request.onExchange?.({ method: request.method, kind: request.kind, host: request.url.host, status });
}
