import { RegistryError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";
import { refusalOf } from "./refusal.ts";

/**
 * The answer, if its status is one that the caller handles. What asks for `identity`, as a blob does, is not given encoded bytes;
 * a HEAD brings none.
 * @throws {RegistryError} for another status, its body read; PROTOCOL for a Content-Encoding.
 */
export function accepted(
  response: HttpResponse,
  request: HttpRequest,
  statuses: readonly number[],
): HttpResponse | Promise<never> {
  if (!statuses.includes(response.status)) return refuse(response, request);
  const encoding = response.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (request.headers["accept-encoding"] !== "identity" || encoding === "identity") return response;
  if (request.method === "HEAD") return response;
  return refuseEncoded(response, request, encoding);
}

async function refuse(response: HttpResponse, request: HttpRequest): Promise<never> {
  throw await refusalOf(response, request);
}

async function refuseEncoded(response: HttpResponse, request: HttpRequest, encoding: string): Promise<never> {
  await response.body.drop();
  throw new RegistryError(
    "PROTOCOL",
    `Cannot ${request.action()}: the answer is encoded (${encoding}), which was ruled out`,
    {
      status: response.status,
      method: request.method,
      url: response.url.href,
    },
  );
}
