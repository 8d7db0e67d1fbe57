import type { Interceptor } from "../interceptor.ts";
import type { HttpRequest, HttpResponse, SentExchange } from "../message/message.ts";
import { Observed } from "./observed.ts";
import type { Observer } from "./observer.ts";

/**
 * Tells the observers and the request's `onExchange` of each HTTP request, once it was answered or
 * failed. The first observer may add headers that the others see. A request that was never sent is
 * no exchange.
 */
export function observe(observers: readonly Observer[]): Interceptor {
  return (next) => async (request) => {
    const observing = Observed.start(observers, request);
    const observed = observing && (await observing);
    let isSent = false;
    const onSent = (exchange: SentExchange): void => {
      isSent = true;
      request.onSent?.(exchange);
      observed?.sent(exchange.content);
    };
    let response: HttpResponse;
    try {
      response = await next({ ...(observed?.request ?? request), onSent });
    } catch (error) {
      observed?.failed(error);
      if (isSent) report(request, 0);
      throw error;
    }
    report(request, response.status);
    return observed === undefined ? response : observed.answered(response);
  };
}

function report({ method, kind, url, onExchange }: HttpRequest, status: number): void {
  onExchange?.({ method, kind, host: url.host, status });
}
