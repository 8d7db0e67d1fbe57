import { commaSeparated, trimEndBlanks } from "../../text/blanks.ts";
import { type Framing, framingOf, OddFramingError } from "../message/framing.ts";
import type { HttpRequest } from "../message/message.ts";
import { BadHeadError } from "../message/response-head.ts";

/** The head of a response as Go's net/http reads it. */
export interface LenientHead {
  readonly status: number;
  /** Names in lower case, in the order in which they came. Framing headers are not among them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly framing: Framing;
  /** The Content-Length, also where no body follows. */
  readonly statedLength: string | undefined;
  /** Whether the connection may carry another request, as far as the head says. */
  readonly keepAlive: boolean;
  /** Whether a strict reader refuses the head, or may read it differently. */
  readonly isOdd: boolean;
}

/** The longest head in bytes, 1xx heads included, and its most lines. */
export const MOST_LENIENT_HEAD_BYTES: number = 256 * 1024;
const MOST_LINES = 1024;
/** What strict readers take. */
const MOST_STRICT_BYTES = 16 * 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A name with spaces in it or behind it: Go keeps it under that name, which nothing asks for. */
const SPACED_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-][!#$%&'*+.^_`|~0-9A-Za-z -]*$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const BEGINNING = "HTTP/1.";
const LF = 10;
const CR = 13;

/**
 * Where the head at the start of `bytes` ends: the offset behind its empty line. Undefined while
 * it is incomplete. Lines end in CRLF or in LF.
 * @param before bytes that count against the limit already.
 * @throws {BadHeadError} for bytes that are not HTTP/1, or more than the limits.
 */
export function lenientHeadEnd(bytes: Buffer, before = 0): number | undefined {
  const beginning = bytes.toString("latin1", 0, BEGINNING.length);
  if (!BEGINNING.startsWith(beginning)) {
    throw new BadHeadError("The answer does not begin as HTTP/1 does", { isHttp: false });
  }
  let lines = 0;
  for (let from = 0; ; ) {
    const end = bytes.indexOf(LF, from);
    const isTooLong = before + (end < 0 ? bytes.length : end) > MOST_LENIENT_HEAD_BYTES;
    if (isTooLong) throw new BadHeadError(`the head is longer than ${MOST_LENIENT_HEAD_BYTES / 1024} KiB`);
    if (end < 0) return undefined;
    if (from > 0 && (end === from || (end === from + 1 && bytes[from] === CR))) return end + 1;
    lines += 1;
    if (lines > MOST_LINES) throw new BadHeadError(`the head has more than ${MOST_LINES} lines`);
    from = end + 1;
  }
}

/**
 * Reads a whole head, its empty line included.
 * - Folded lines become one, as RFC 9112, 5.2 asks of clients.
 * - A header whose name has a space before its colon is unknown and left out, whatever its name.
 * - Equal lengths that are repeated count once. Unequal ones, a length beside a transfer coding,
 *   and control characters are refused, since another reader may find another end of the body.
 * @param method of the request, which decides whether a body follows.
 * @throws {BadHeadError}
 */
export function parseLenientHead(bytes: Buffer, method: HttpRequest["method"]): LenientHead {
  const lines = bytes.toString("latin1").split("\n").slice(0, -2);
  let isOdd = bytes.length > MOST_STRICT_BYTES;
  const [first = "", ...rest] = lines.map((line) => {
    if (line.endsWith("\r")) return line.slice(0, -1);
    isOdd = true;
    return line;
  });
  if (bytes.at(-2) !== CR) isOdd = true;
  const [, minor, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined) throw new BadHeadError("the head has no valid status line");
  if (status === "101") throw new BadHeadError("it switches to a protocol that was not asked for");
  const unfolded = unfold(rest);
  if (unfolded.length < rest.length) isOdd = true;

  const all: [name: string, value: string][] = [];
  for (const line of unfolded) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "");
    if (colon < 0) throw new BadHeadError("the head has a line that is not a header");
    if (!VALUE.test(value)) throw new BadHeadError("the head has a control character in a value");
    if (TOKEN.test(name)) all.push([name.toLowerCase(), value]);
    else if (SPACED_NAME.test(name)) isOdd = true;
    else throw new BadHeadError("the head has a header whose name is not valid");
  }

  const lengths = valuesOf(all, "content-length").flatMap((value) => commaSeparated(value));
  if (lengths.length > 1) isOdd = true;
  const [length] = lengths;
  if (lengths.some((other) => other !== length)) {
    throw new BadHeadError("the head has several Content-Lengths that are not equal");
  }
  const codings = valuesOf(all, "transfer-encoding");
  if (codings.length > 1) throw new BadHeadError("the head has several Transfer-Encodings");
  const [coding] = codings;
  if (coding !== undefined && minor === "0") throw new BadHeadError("HTTP/1.0 with a Transfer-Encoding");
  const framing = framed(method, Number(status), { length, coding });
  return {
    status: Number(status),
    headers: all.filter(([name]) => name !== "content-length" && name !== "transfer-encoding"),
    framing,
    statedLength: length,
    keepAlive: isKept(minor === "1", valuesOf(all, "connection").join(",")),
    isOdd,
  };
}

function framed(
  method: HttpRequest["method"],
  status: number,
  { length, coding }: { readonly length: string | undefined; readonly coding: string | undefined },
): Framing {
  const headers = coding === undefined ? {} : { "transfer-encoding": coding };
  const contentLengths = length === undefined ? [] : [length];
  try {
    return framingOf(method, { status, headers, contentLengths, keepAlive: false });
  } catch (error) {
    throw error instanceof OddFramingError ? new BadHeadError(error.message) : error;
  }
}

function unfold(lines: readonly string[]): readonly string[] {
  const unfolded: string[] = [];
  for (const line of lines) {
    if (!/^[\t ]/.test(line)) {
      unfolded.push(line);
      continue;
    }
    const before = unfolded.pop();
    if (before === undefined) throw new BadHeadError("the first header line is folded");
    unfolded.push(`${trimEndBlanks(before)} ${line.replace(/^[\t ]+/, "")}`);
  }
  return unfolded;
}

function valuesOf(headers: readonly (readonly [string, string])[], name: string): readonly string[] {
  return headers.filter(([known]) => known === name).map(([, value]) => value);
}

function isKept(isCurrent: boolean, connection: string): boolean {
  const options = commaSeparated(connection.toLowerCase());
  return !options.includes("close") && (isCurrent || options.includes("keep-alive"));
}
