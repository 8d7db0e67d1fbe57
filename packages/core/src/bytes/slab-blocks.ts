import { LARGE_SLAB, SMALL_SLAB } from "./slab-sizes.ts";

/**
 * The memory of slabs: blocks of a large slab each, which are cut into small ones and put together again, so that what was taken once serves both sizes and nothing is left
 * to the garbage collector, which would come late. Shared memory: a thread may hash it where it lies.
 */
export class SlabBlocks {
  readonly #budget: number;
  #memory = 0;
  #lent = 0;
  readonly #whole: Buffer[] = [];
  /** The parts that are at home, of blocks that were cut. */
  readonly #parts = new Map<ArrayBufferLike, Buffer[]>();

  /** @param budget bytes of all blocks together. */
  constructor(budget: number) {
    this.#budget = budget - (budget % SMALL_SLAB);
  }

  /** Bytes that are out. */
  get lent(): number {
    return this.#lent;
  }

  /** Bytes of all blocks, those at home too. */
  get memory(): number {
    return this.#memory;
  }

  /** Memory for a slab; undefined where there is none in one piece. A small one is there as long as less than the budget is lent. */
  lend(size: number): Buffer | undefined {
    const memory = size === LARGE_SLAB ? this.#block(LARGE_SLAB) : this.#part();
    if (memory !== undefined) this.#lent += size;
    return memory;
  }

  takeBack(memory: Buffer): void {
    this.#lent -= memory.length;
    const { buffer: block } = memory;
    const parts = this.#parts.get(block);
    if (parts === undefined) {
      this.#whole.push(memory);
      return;
    }
    parts.push(memory);
    if (block.byteLength < LARGE_SLAB || parts.length * SMALL_SLAB < block.byteLength) return;
    this.#parts.delete(block);
    this.#whole.push(Buffer.from(block));
  }

  #part(): Buffer | undefined {
    for (const parts of this.#parts.values()) {
      const part = parts.pop();
      if (part !== undefined) return part;
    }
    const block = this.#block(SMALL_SLAB);
    if (block === undefined) return undefined;
    const parts: Buffer[] = [];
    for (let at = 0; at < block.length; at += SMALL_SLAB) parts.push(block.subarray(at, at + SMALL_SLAB));
    this.#parts.set(block.buffer, parts);
    return parts.pop();
  }

  /** A block that is at home, or a new one of what the budget leaves, if that is as much as `least`. */
  #block(least: number): Buffer | undefined {
    const known = this.#whole.pop();
    if (known !== undefined) return known;
    const size = Math.min(LARGE_SLAB, this.#budget - this.#memory);
    if (size < least) return undefined;
    this.#memory += size;
    return Buffer.from(new SharedArrayBuffer(size));
  }
}
