import type { IncomingMessage } from "node:http";

/** What a token endpoint is asked: the query of a GET, the form of a POST. */
export async function askedOf(request: IncomingMessage): Promise<URLSearchParams> {
  if (request.method !== "POST") return new URL(request.url ?? "/", "http://token.example").searchParams;
  return new URLSearchParams(Buffer.concat(await Array.fromAsync(request)).toString());
}
