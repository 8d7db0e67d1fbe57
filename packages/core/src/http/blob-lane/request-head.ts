import { validateHeaderName, validateHeaderValue } from "node:http";
import type { HttpRequest } from "../message/message.ts";

/** The head of a request without a body, as it goes over the wire. @throws {TypeError} for a header that none may have. */
export function requestHead({ method, url, headers }: HttpRequest): string {
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`, "connection: keep-alive"];
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
