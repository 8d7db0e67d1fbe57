/** Pieces shorter than this are put together: each piece on its own takes more memory than it has bytes. */
const BLOCK_BYTES = 16 * 1024;

/** Pieces of a body, put together as they come. Memory: their bytes and a block, however short they are. */
export class CollectedBytes {
  readonly #whole: Uint8Array[] = [];
  #block: Buffer | undefined;
  #filled = 0;
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Takes a piece, which is the collection's from then on. */
  add(piece: Uint8Array): void {
    this.#size += piece.length;
    if (piece.length >= BLOCK_BYTES) {
      this.#closeBlock();
      this.#whole.push(piece);
      return;
    }
    if (this.#filled + piece.length > BLOCK_BYTES) this.#closeBlock();
    this.#block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#block.set(piece, this.#filled);
    this.#filled += piece.length;
  }

  /** All of it. */
  bytes(): Uint8Array {
    this.#closeBlock();
    const [only] = this.#whole;
    return this.#whole.length === 1 && only !== undefined ? only : Buffer.concat(this.#whole, this.#size);
  }

  #closeBlock(): void {
    if (this.#block === undefined) return;
    this.#whole.push(this.#block.subarray(0, this.#filled));
    this.#block = undefined;
    this.#filled = 0;
  }
}
