import { BadHeadError } from "../message/response-head.ts";

/** The longest line of a size, and the longest trailer, in bytes. */
const MOST_LINE_BYTES = 1024;
const MOST_TRAILER_BYTES = 8 * 1024;

const SIZE_LINE = /^([0-9A-Fa-f]{1,16})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const STRICT_SIZE_LINE = /^[0-9A-Fa-f]{1,12}(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

/**
 * Finds the data in a chunked body as Go's net/http does: sizes may be padded. Lines end in CRLF
 * alone, since readers that took LF too were led astray (CVE-2025-22871). Spec: RFC 9112, 7.1.
 */
export class LenientChunks {
  #state: "size" | "data" | "end" | "trailer" | "over" = "size";
  #line = "";
  #left = 0;
  #trailerBytes = 0;
  #isOdd = false;

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Whether a strict reader refuses what was read. */
  get isOdd(): boolean {
    return this.#isOdd;
  }

  /**
   * Reads what came, and calls `onData` for the data in it. Returns how many bytes belong to the body.
   * @throws {BadHeadError}
   */
  read(bytes: Buffer, onData: (data: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "over") {
      if (this.#state === "data") {
        const data = bytes.subarray(at, at + this.#left);
        onData(data);
        this.#left -= data.length;
        at += data.length;
        if (this.#left === 0) this.#state = "end";
        continue;
      }
      const end = bytes.indexOf(10, at);
      const until = end < 0 ? bytes.length : end + 1;
      if (this.#line.length + until - at > MOST_LINE_BYTES) throw new BadHeadError("a chunk has no size");
      this.#line += bytes.toString("latin1", at, until);
      at = until;
      if (end >= 0) this.#takeLine();
    }
    return at;
  }

  #takeLine(): void {
    const line = this.#line;
    this.#line = "";
    if (!line.endsWith("\r\n")) throw new BadHeadError("a chunk has a line that does not end in CRLF");
    const text = line.slice(0, -2);
    if (this.#state === "size") this.#begin(text);
    else if (this.#state === "end") {
      if (text !== "") throw new BadHeadError("a chunk is longer than its size");
      this.#state = "size";
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MOST_TRAILER_BYTES) throw new BadHeadError("the trailer is too long");
      if (text === "") this.#state = "over";
    }
  }

  #begin(text: string): void {
    const size = Number.parseInt(SIZE_LINE.exec(text)?.[1] ?? "", 16);
    if (!Number.isSafeInteger(size)) throw new BadHeadError("a chunk has no valid size");
    if (!STRICT_SIZE_LINE.test(text)) this.#isOdd = true;
    this.#left = size;
    this.#state = size === 0 ? "trailer" : "data";
  }
}
