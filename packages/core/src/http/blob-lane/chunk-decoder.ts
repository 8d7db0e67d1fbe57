import { BadHeadError } from "../message/response-head.ts";

/** The longest line of a size, and the longest trailer, in bytes. */
const MOST_LINE_BYTES = 1024;
const MOST_TRAILER_BYTES = 8 * 1024;

const SIZE_LINE = /^([0-9A-Fa-f]{1,12})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?$/;

/** Finds the data in a body that comes in chunks, where it lies. Spec: RFC 9112, 7.1; lines end in CRLF and nothing else, extensions and trailers are skipped. */
export class ChunkDecoder {
  #state: "size" | "data" | "end" | "trailer" | "over" = "size";
  #line = "";
  /** Bytes of the chunk that are still to come. */
  #left = 0;
  #trailerBytes = 0;

  /** Whether the last chunk and its trailer came. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /**
   * Reads what came; tells of the data in it, as offsets into `bytes`. Gives how many bytes belong to the body: fewer than came where it is over before.
   * @throws {BadHeadError}
   */
  read(bytes: Buffer, onData: (start: number, end: number) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "over") {
      if (this.#state === "data") {
        const end = Math.min(bytes.length, at + this.#left);
        onData(at, end);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = "end";
        continue;
      }
      const end = bytes.indexOf(10, at);
      const until = end < 0 ? bytes.length : end + 1;
      this.#line += bytes.toString("latin1", at, until);
      at = until;
      if (this.#line.length > MOST_LINE_BYTES) throw new BadHeadError("The answer has a chunk without a size");
      if (end >= 0) this.#takeLine();
    }
    return at;
  }

  #takeLine(): void {
    const line = this.#line;
    this.#line = "";
    if (!line.endsWith("\r\n")) throw new BadHeadError("The answer has a chunk whose line does not end in CRLF");
    const text = line.slice(0, -2);
    if (this.#state === "size") this.#begin(text);
    else if (this.#state === "end") {
      if (text !== "") throw new BadHeadError("The answer has a chunk that is longer than its size");
      this.#state = "size";
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MOST_TRAILER_BYTES) throw new BadHeadError("The answer has a trailer that is too long");
      if (text === "") this.#state = "over";
    }
  }

  #begin(text: string): void {
    const size = SIZE_LINE.exec(text)?.[1];
    if (size === undefined) throw new BadHeadError("The answer has a chunk without a size");
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailer" : "data";
  }
}
