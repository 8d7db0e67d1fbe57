/** Reads content by as many bytes as there is room for, whatever pieces it comes in. */
export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#pieces = content[Symbol.asyncIterator]();
  }

  /** Copies what comes next; gives how many bytes, 0 at the end. @throws what the content throws. */
  async read(into: Uint8Array): Promise<number> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return 0;
      this.#piece = next.value;
    }
    const bytes = this.#piece.subarray(0, into.length);
    into.set(bytes);
    this.#piece = this.#piece.subarray(bytes.length);
    return bytes.length;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
