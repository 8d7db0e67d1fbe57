import type { HttpRequest } from "./message.ts";
import { BadHeadError, type ResponseHead } from "./response-head.ts";

/** How the end of a body is found. */
export type Framing =
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  /** It ends with the connection. */
  | { readonly kind: "close" };

/** A body in a transfer coding that this lane doesn't read. */
export class OddFramingError extends Error {
  override readonly name = "OddFramingError";
}

/**
 * How the body of an answer is framed. What could be read in two ways is refused, since who is in between may have read it in the other: RFC 9112, 6.3 and 11.2.
 * @throws {BadHeadError} for lengths that differ, are repeated, are no number, or stand beside a transfer coding. @throws {OddFramingError}
 */
export function framingOf(method: HttpRequest["method"], { status, headers, contentLengths }: ResponseHead): Framing {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && contentLengths.length > 0) {
    throw new BadHeadError("The answer has both a Content-Length and a Transfer-Encoding");
  }
  if (contentLengths.length > 1) throw new BadHeadError("The answer has more than one Content-Length");
  const [length] = contentLengths;
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    throw new BadHeadError("The answer has a Content-Length that is no number");
  if (method === "HEAD" || status === 204 || status === 304) return { kind: "length", length: 0 };
  if (length !== undefined) return { kind: "length", length: Number(length) };
  if (coding === undefined) return { kind: "close" };
  if (coding.toLowerCase() === "chunked") return { kind: "chunked" };
  throw new OddFramingError(`The answer comes in the transfer coding ${coding}`);
}
