/**
 * A stream that is open at an offset, read in pieces of bounded length: what a part doesn't take of a piece is there for the next one.
 * Memory: one piece of the stream.
 */
export class Reading {
  /** Of the byte that is read next. */
  offset: number;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(content: AsyncIterable<Uint8Array>, offset: number) {
    this.#pieces = content[Symbol.asyncIterator]();
    this.offset = offset;
  }

  /** The next piece, of at most `length` bytes; undefined at the end. */
  async read(length: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(piece.length);
    this.offset += piece.length;
    return piece;
  }

  /** Lets the source go. It isn't waited for, since it may be in the middle of a slow read. */
  close(): void {
    Promise.resolve(this.#pieces.return?.()).catch(() => {});
  }
}
