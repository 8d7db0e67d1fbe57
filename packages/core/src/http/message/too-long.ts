import { RegistryError } from "../../errors/errors.ts";
import type { HttpRequest } from "./message.ts";

/** An answer whose body is longer than the caller takes. */
export function tooLong(request: HttpRequest, status: number, limit: number): RegistryError {
  return new RegistryError("PROTOCOL", `Cannot ${request.action()}: the answer is longer than ${limit} bytes`, {
    status,
    method: request.method,
    url: request.url.href,
  });
}
