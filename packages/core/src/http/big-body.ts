import type { HttpRequest } from "./message.ts";

/** A body of more bytes is a big one: it is moved as a stream, apart from all that is small. */
export const SMALL_BODY_BYTES: number = 64 * 1024;

/** Whether the bytes of a big blob go with the request, or come with its answer. */
export function carriesBigBody({ method, kind, answerLength = 0, contentLength = 0 }: HttpRequest): boolean {
  if (method === "GET") return kind === "blob" && answerLength > SMALL_BODY_BYTES;
  return (method === "PUT" || method === "PATCH") && contentLength > SMALL_BODY_BYTES;
}
