import type { HttpRequest } from "./message.ts";

/** A body of more bytes is a big one: it is moved as a stream, apart from all that is small. */
export const SMALL_BODY_BYTES: number = 64 * 1024;

/**
 * What a request moves: `read` and `write` are the bytes of a big blob, `small` is all else. Each
 * has connections of its own to a host, so that nothing small waits for a blob that stalls, and a
 * blob that is sent never waits for one that is read: in a copy within one registry it is the same
 * blob.
 */
export type Traffic = (typeof TRAFFIC)[number];
export const TRAFFIC = ["small", "read", "write"] as const;

/** What a request moves. The blob of a GET counts as big where its length is not known. */
export function trafficOf({ method, kind, answerLength, contentLength = 0 }: HttpRequest): Traffic {
  if (method === "GET") return kind === "blob" && (answerLength ?? Infinity) > SMALL_BODY_BYTES ? "read" : "small";
  return (method === "PUT" || method === "PATCH") && contentLength > SMALL_BODY_BYTES ? "write" : "small";
}

/**
 * Whether the bytes of a blob that is known to be big go with the request, or come with its answer.
 */
export function carriesBigBody(request: HttpRequest): boolean {
  return trafficOf(request) !== "small" && (request.method !== "GET" || request.answerLength !== undefined);
}
