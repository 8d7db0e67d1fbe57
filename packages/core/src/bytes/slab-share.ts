import { Slab } from "./slab.ts";
import { LARGE_SLAB, LEAST_SLABS, MOST_SLABS, SMALL_SLAB } from "./slab-sizes.ts";

/** Where the memory comes from. */
export interface SlabSupply {
  readonly budget: number;
  /** Transfers that have a share or wait for one. */
  readonly transfers: number;
  /** Whether somebody waits: nobody gets more than the least meanwhile. */
  readonly isShort: boolean;
  /** Sets bytes aside; false where they are not there. */
  reserve(bytes: number): boolean;
  /** Bytes that were set aside are free again. */
  unreserve(bytes: number): void;
  /** Memory for a slab, within what was set aside: for a small one always, for a large one if it is there in one piece. */
  lend(size: number): Buffer | undefined;
  /** A slab has come home. */
  takeBack(memory: Buffer): void;
  /** A share was closed. */
  leave(): void;
}

/**
 * What one transfer may take of the pool: at any time two slabs, so that one can fill while the other is held back or sent, and up to four as long as nobody else
 * needs the memory. What was taken before others came is given back as it comes home.
 */
export class SlabShare {
  readonly #pool: SlabSupply;
  /** Slabs that are out, and their bytes. */
  #count = 0;
  #bytes = 0;
  #closed = false;
  #onHome: (() => void) | undefined;

  constructor(pool: SlabSupply) {
    this.#pool = pool;
  }

  /** Bytes that are kept for it: those it has, and the least that it may still take. */
  get reserved(): number {
    return reservedFor(this.#bytes, this.#count, this.#closed);
  }

  /** Told when one of its slabs came home, and another may be taken. */
  onHome(listener: (() => void) | undefined): void {
    this.#onHome = listener;
  }

  /** A slab, large if that is its fair part; undefined where it must wait until one comes home. */
  take(): Slab | undefined {
    const size = this.#next();
    if (size === undefined) return undefined;
    const memory = this.#pool.lend(size) ?? this.#smallFor(size);
    if (memory === undefined) throw new Error("What was set aside for a slab is not there");
    this.#count += 1;
    this.#bytes += memory.length;
    return new Slab(memory, () => this.#home(memory));
  }

  /** Takes no more; what is out comes home when it is released. */
  close(): void {
    if (this.#closed) return;
    const before = this.reserved;
    this.#closed = true;
    this.#onHome = undefined;
    this.#pool.leave();
    this.#pool.unreserve(before - this.reserved);
  }

  /** The size of the next slab, its bytes set aside. */
  #next(): number | undefined {
    const pool = this.#pool;
    if (this.#closed || this.#count >= MOST_SLABS) return undefined;
    const fair = Math.min(pool.budget / pool.transfers, MOST_SLABS * LARGE_SLAB);
    const size = fair >= LEAST_SLABS * LARGE_SLAB ? LARGE_SLAB : SMALL_SLAB;
    if (!pool.isShort && this.#bytes + size <= fair && this.#extend(size)) return size;
    // Kept for it from the start.
    return this.#count < LEAST_SLABS && this.#extend(SMALL_SLAB) ? SMALL_SLAB : undefined;
  }

  /** A small one, where what was set aside for a large one is there in pieces only. */
  #smallFor(size: number): Buffer | undefined {
    this.#pool.unreserve(size - SMALL_SLAB);
    return this.#pool.lend(SMALL_SLAB);
  }

  #extend(size: number): boolean {
    return this.#pool.reserve(reservedFor(this.#bytes + size, this.#count + 1, false) - this.reserved);
  }

  #home(memory: Buffer): void {
    const before = this.reserved;
    this.#count -= 1;
    this.#bytes -= memory.length;
    this.#pool.takeBack(memory);
    this.#pool.unreserve(before - this.reserved);
    this.#onHome?.();
  }
}

function reservedFor(bytes: number, count: number, closed: boolean): number {
  return closed ? bytes : bytes + Math.max(0, LEAST_SLABS - count) * SMALL_SLAB;
}
