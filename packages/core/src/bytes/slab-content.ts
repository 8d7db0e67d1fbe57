import { type Lease, type LeaseReader, leasesOf, lentContent } from "./lease.ts";
import type { Slab } from "./slab.ts";
import { processSlabs, type SlabPool } from "./slab-pool.ts";
import type { SlabShare } from "./slab-share.ts";

/** Where content in slabs comes from. */
export interface SlabSource {
  /**
   * Writes bytes to the start of the memory, and gives how many; 0 at the end. Asked again when the
   * former has settled.
   */
  fill(into: Uint8Array): Promise<number>;
  /**
   * Waits until there is something to fill memory with; undefined where there is. No memory is held
   * meanwhile: what is waited for may need it. Default: there always is.
   */
  ready?(): Promise<void> | undefined;
  /**
   * What comes after the end of `fill`, read as it is, without slabs of its own; undefined for
   * nothing.
   */
  rest?(): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** It is read no further: it has ended, failed, or nobody wants more. Called once. */
  close?(): Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Content that is read into slabs of the process' budget and lent from there, so that nothing is
 * allocated for a piece. Nothing is taken before it is read.
 * Memory: two slabs of 256 KiB to four of 1 MiB.
 * @throws (when it is read) what `fill` throws, and the signal's reason.
 */
export function slabContent(source: SlabSource): AsyncIterable<Uint8Array> {
  return slabContentOf(processSlabs, source);
}

/** As `slabContent`, with slabs of a pool. @internal */
export function slabContentOf(pool: SlabPool, source: SlabSource): AsyncIterable<Uint8Array> {
  return lentContent(new SlabReading(pool, source));
}

class SlabReading implements LeaseReader {
  readonly #pool: SlabPool;
  readonly #source: SlabSource;
  #share: SlabShare | undefined;
  #rest: LeaseReader | undefined;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(pool: SlabPool, source: SlabSource) {
    this.#pool = pool;
    this.#source = source;
  }

  async read(): Promise<Lease | undefined> {
    if (this.#isOver) return undefined;
    let lease: Lease | undefined;
    try {
      lease = this.#rest === undefined ? await this.#filled() : await this.#rest.read();
      return lease;
    } finally {
      // Whoever has read to the end closes nothing.
      if (lease === undefined) await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wake?.();
    this.#closeShare();
    await this.#rest?.close();
    await this.#source.close?.();
  }

  async #filled(): Promise<Lease | undefined> {
    const source = this.#source;
    source.signal?.throwIfAborted();
    const waiting = source.ready?.();
    if (waiting !== undefined) {
      this.#closeShare();
      await waiting;
    }
    const slab = await this.#take();
    if (slab === undefined) return undefined;
    let length = 0;
    try {
      length = await source.fill(slab.memory);
    } finally {
      if (length === 0 || this.#isOver) slab.letGo();
    }
    if (this.#isOver) return undefined;
    return length === 0 ? this.#continued() : slab.lend(0, length);
  }

  async #continued(): Promise<Lease | undefined> {
    this.#closeShare();
    const rest = await this.#source.rest?.();
    if (rest === undefined) return undefined;
    this.#rest = leasesOf(rest);
    if (!this.#isOver) return this.#rest.read();
    await this.#rest.close();
    return undefined;
  }

  async #take(): Promise<Slab | undefined> {
    if (this.#isOver) return undefined;
    const share = this.#share ?? (await this.#pool.open(this.#source.signal));
    this.#share = share;
    for (;;) {
      if (this.#isOver) {
        share.close();
        return undefined;
      }
      const slab = share.take();
      if (slab !== undefined) return slab;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      share.onHome(resolve);
      await promise;
    }
  }

  /** What it lent comes home when it is released. */
  #closeShare(): void {
    this.#share?.close();
    this.#share = undefined;
  }
}
