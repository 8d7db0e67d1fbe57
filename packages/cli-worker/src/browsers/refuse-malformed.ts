import type { Duplex } from "node:stream";
import { BROWSER_HEADERS } from "./browser-rules.ts";

const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Content Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/**
 * Answers what is not a request, for a server's `clientError`, with the headers that every response has.
 * @param isAnswering Whether a response is under way: it is cut off, since what is written now would be taken for a part of it.
 */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex, isAnswering: boolean): void {
  // Where it is TLS that failed, nothing can be written: what is queued would keep the socket for ever.
  const isHttp = error.code?.startsWith("HPE_") === true || error.code?.startsWith("ERR_HTTP_") === true;
  if (isAnswering || !socket.writable || !isHttp) {
    socket.destroy();
    return;
  }
  const headers = Object.entries({ ...BROWSER_HEADERS, connection: "close", "content-length": "0" });
  const lines = [
    `HTTP/1.1 ${STATUS[error.code ?? ""] ?? "400 Bad Request"}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n`, () => socket.destroy());
}
