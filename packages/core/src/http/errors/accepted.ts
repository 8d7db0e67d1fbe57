import type { HttpRequest, HttpResponse } from "../message/message.ts";
import { refusalOf } from "./refusal.ts";

/**
 * The answer, if its status is one that the caller handles.
 * @throws {RegistryError} for another status, its body read.
 */
export function accepted(
  response: HttpResponse,
  request: HttpRequest,
  statuses: readonly number[],
): HttpResponse | Promise<never> {
  return statuses.includes(response.status) ? response : refuse(response, request);
}

async function refuse(response: HttpResponse, request: HttpRequest): Promise<never> {
  throw await refusalOf(response, request);
}
