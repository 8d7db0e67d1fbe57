import { connectionFailure } from "./connection-failure.ts";
import { Dispatchers, type DispatchersOptions } from "./dispatchers.ts";
import { Exchange, type ExchangeTimeouts } from "./exchange.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";

/** Sends single requests to any host, without authentication, redirects and retries. */
export interface Transport {
  /**
   * Sends one request and waits for the head of its answer. Whatever happened is told to the request's `onRequest`.
   * @throws {RegistryError} NETWORK, TLS, TIMEOUT, PROTOCOL, REDIRECT_REFUSED; the signal's reason; what the body's content threw.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes every connection; what is under way fails. */
  close(): Promise<void>;
}

export interface TransportOptions extends DispatchersOptions {
  readonly timeouts: ExchangeTimeouts;
}

/** A transport on undici, with connections that are kept and used again. */
export function createTransport(options: TransportOptions): Transport {
  const dispatchers = new Dispatchers(options);
  let closed = false;

  async function send(request: HttpRequest): Promise<HttpResponse> {
    // Each connection that died idle can disturb a request once; after them all, a new one is made.
    for (let replays = 0; ; replays += 1) {
      request.signal?.throwIfAborted();
      if (closed) throw connectionFailure(new Error("the client was closed"), request);
      const dispatcher = dispatchers.for(request.url);
      const exchange = new Exchange(request);
      try {
        const response = await exchange.run(dispatcher, options.timeouts);
        report(request, response.status);
        return response;
      } catch (error) {
        report(request, 0);
        if (request.signal?.aborted || !exchange.diedUnanswered || replays >= options.connections) throw error;
      }
    }
  }

  return {
    send,
    async close() {
      closed = true;
      await dispatchers.close();
    },
  };
}

function report(request: HttpRequest, status: number): void {
  request.onRequest?.({ method: request.method, kind: request.kind, host: request.url.host, status });
}
