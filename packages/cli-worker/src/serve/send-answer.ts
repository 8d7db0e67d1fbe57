import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Answer } from "./exchange.ts";

/** Bytes of an unwanted request body that are still taken after the answer, so that the client reads it before it sees the connection end. */
const LINGER_BYTES = 4 * 1024 * 1024;

/** Sends an answer. Never rejects: a body that breaks off, or is shorter than announced, cuts the connection. */
export async function sendAnswer(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, headers = {}, body = "" } = answer;
  if (response.destroyed) return;
  const pieces = typeof body === "string" || body instanceof Uint8Array ? [Buffer.from(body)] : body;
  const length =
    Array.isArray(pieces) && !hasNoBody(status) ? { "content-length": String(pieces[0]?.length ?? 0) } : {};
  response.writeHead(status, { ...length, ...headers });
  const announced = Number(headers["content-length"] ?? Number.NaN);
  try {
    if (request.method === "HEAD" || hasNoBody(status)) response.end();
    else await pipeline(complete(pieces, announced), response);
  } catch {
    response.destroy();
    return;
  }
  if (!request.complete) discardRest(request);
}

async function* complete(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  announced: number,
): AsyncGenerator<Uint8Array, void, void> {
  let sent = 0;
  for await (const piece of pieces) {
    sent += piece.length;
    yield piece;
  }
  if (sent < announced) throw new Error(`The body is short: ${sent} of ${announced} bytes`);
}

function discardRest(request: IncomingMessage): void {
  let discarded = 0;
  request.on("data", (chunk: Uint8Array) => {
    discarded += chunk.length;
    if (discarded > LINGER_BYTES) request.destroy();
  });
  request.resume();
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}
