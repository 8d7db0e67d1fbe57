import { refusalOf } from "../http/errors/refusal.ts";
import type { HttpRequest, HttpResponse, Send } from "../http/message/message.ts";

/**
 * Turns the statuses of a token service that may pass into errors, so that the request is retried;
 * what any other status says is the caller's to read.
 */
export function serviceRefusals(next: Send): Send {
  return async (request: HttpRequest): Promise<HttpResponse> => {
    const response = await next(request);
    if (response.status < 500 && response.status !== 429) return response;
    throw await refusalOf(response, request);
  };
}
