import type { IncomingMessage } from "node:http";
import { finished, pipeline } from "node:stream/promises";
import type { ClientRate } from "./client-rate.ts";
import type { Answer } from "./exchange.ts";
import type { Wire } from "./wire.ts";

/** Bytes of an unwanted request body that are still taken after the answer. */
const LINGER_BYTES = 4 * 1024 * 1024;

/** Sends an answer. Never rejects: a body that breaks off, or is shorter than announced, cuts the connection. */
export async function sendAnswer(answer: Answer, { request, response, awaitsContinue, rate }: Wire): Promise<void> {
  const { status, headers, body = "" } = answer;
  if (response.destroyed) return;
  const isBodiless = status === 204 || status === 304;
  const [pieces, length] = isBytes(body) ? [[Buffer.from(body)], Buffer.byteLength(body)] : [body, undefined];
  response.writeHead(status, {
    ...(length !== undefined && !isBodiless && { "content-length": String(length) }),
    ...headers,
    // A client that was not told to send its body can't send anything else either.
    ...(awaitsContinue && { connection: "close" }),
  });
  const announced = Number(headers?.["content-length"] ?? Number.NaN);
  const isEarly = !awaitsContinue && hasUnread(request);
  // The answer must not wait for the rest of the request.
  if (isEarly) response.flushHeaders();
  try {
    if (request.method !== "HEAD" && !isBodiless)
      await pipeline(whole(pieces, announced, rate), response, { end: false });
    if (isEarly) await discardRest(request, rate);
    // Until the system has taken the last bytes, so that a client which takes none is seen.
    const sent = rate.during(finished(response));
    response.end();
    await sent;
  } catch {
    response.destroy();
  }
}

function isBytes(body: NonNullable<Answer["body"]>): body is string | Uint8Array {
  return typeof body === "string" || body instanceof Uint8Array;
}

/** The pieces of a body; throws where there are fewer bytes than announced. While the consumer holds a piece, the client is waited for. */
async function* whole(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  announced: number,
  rate: ClientRate,
): AsyncGenerator<Uint8Array, void, void> {
  let sent = 0;
  for await (const piece of pieces) {
    if (sent + piece.length > announced)
      throw new Error(`The body is longer than the ${announced} bytes that it should have`);
    sent += piece.length;
    rate.waits();
    yield piece;
    rate.moved(piece.length);
    rate.goesOn();
  }
  if (sent < announced) throw new Error(`The body is short: ${sent} of ${announced} bytes`);
}

/** Whether some of the request's body was not taken, or not even sent yet. */
function hasUnread(request: IncomingMessage): boolean {
  return !request.complete || request.readableLength > 0;
}

/**
 * Takes the rest of a request whose answer was sent: a connection that is closed while bytes come in is reset, and the client may lose the answer.
 * A client that goes on for too long is cut.
 */
async function discardRest(request: IncomingMessage, rate: ClientRate): Promise<void> {
  let discarded = 0;
  request.on("data", (chunk: Uint8Array) => {
    discarded += chunk.length;
    rate.moved(chunk.length);
    if (discarded > LINGER_BYTES) request.destroy();
  });
  request.resume();
  await rate.during(finished(request));
}
