import { commaSeparated, trimEndBlanks } from "../../text/blanks.ts";

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number;
  /** Lower-case names; a header that came several times is joined with ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Every Content-Length, as it came. */
  readonly contentLengths: readonly string[];
  /** Whether the connection outlives the answer, as far as the head says. */
  readonly keepAlive: boolean;
}

/** What came is no head of HTTP/1, or one that different readers could take for different things. */
export class BadHeadError extends Error {
  override readonly name = "BadHeadError";
  /** Whether it begins as HTTP does. */
  readonly isHttp: boolean;

  constructor(message: string, { isHttp = true }: { readonly isHttp?: boolean } = {}) {
    super(message);
    this.isHttp = isHttp;
  }
}

/** The longest head that is read, in bytes: undici's limit. */
export const MOST_HEAD_BYTES: number = 16 * 1024;
const MOST_HEADERS = 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** No space before the colon, no folded line, no control character: RFC 9112, 5.1 and 5.2. */
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;
const BEGINNING = "HTTP/1.";

/**
 * Where the head that starts at `from` ends: the offset behind its empty line; undefined where that hasn't come yet.
 * @throws {BadHeadError} for what can't become one, so that a peer that speaks something else is found out at its first bytes.
 */
export function headEnd(bytes: Buffer, from: number): number | undefined {
  const beginning = bytes.toString("latin1", from, Math.min(bytes.length, from + BEGINNING.length));
  if (!BEGINNING.startsWith(beginning)) {
    throw new BadHeadError("The answer does not begin as HTTP/1 does", { isHttp: false });
  }
  const end = bytes.indexOf("\r\n\r\n", from, "latin1");
  return end < 0 ? undefined : end + 4;
}

/** Reads a whole head, its empty line included. Lines end in CRLF and nothing else. @throws {BadHeadError} */
export function parseHead(bytes: Buffer): ResponseHead {
  const [first = "", ...lines] = bytes.toString("latin1", 0, bytes.length - 4).split("\r\n");
  const [, minor, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined) throw new BadHeadError("The answer has no status line");
  if (lines.length > MOST_HEADERS) throw new BadHeadError(`The answer has more than ${MOST_HEADERS} headers`);
  const headers: Record<string, string | undefined> = Object.create(null);
  const contentLengths: string[] = [];
  for (const line of lines) {
    const [, name, given] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || given === undefined) throw new BadHeadError("The answer has a line that is no header");
    const known = name.toLowerCase();
    const value = trimEndBlanks(given);
    const before = headers[known];
    headers[known] = before === undefined ? value : `${before}, ${value}`;
    if (known === "content-length") contentLengths.push(value);
  }
  return { status: Number(status), headers, contentLengths, keepAlive: isKept(minor === "1", headers["connection"]) };
}

function isKept(isCurrent: boolean, connection = ""): boolean {
  const options = commaSeparated(connection.toLowerCase());
  return !options.includes("close") && (isCurrent || options.includes("keep-alive"));
}
