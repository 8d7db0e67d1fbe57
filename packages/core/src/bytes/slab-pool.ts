import { SlabBlocks } from "./slab-blocks.ts";
import { SlabShare, type SlabSupply } from "./slab-share.ts";
import { LEAST_SLABS, MIB, SMALL_SLAB } from "./slab-sizes.ts";

export interface SlabPoolOptions {
  /** Bytes of all slabs together. Default 24 MiB; at least 512 KiB, the least of one transfer. */
  readonly budget?: number | undefined;
}

interface Waiting {
  readonly share: SlabShare;
  grant(): void;
}

/**
 * The memory of all transfers, of one budget. Each transfer takes its slabs through a share; an equal part of the budget is the most that it gets, and two
 * small slabs are kept for it however many there are. Whoever finds nothing left waits, first come, first served.
 */
export class SlabPool implements SlabSupply {
  readonly budget: number;
  /** Bytes that are in use, or kept for a share. */
  #reserved = 0;
  #shares = 0;
  readonly #blocks: SlabBlocks;
  readonly #waiting: Waiting[] = [];

  constructor({ budget = 24 * MIB }: SlabPoolOptions = {}) {
    if (!(budget >= LEAST_SLABS * SMALL_SLAB)) {
      throw new RangeError(`Bad budget for slabs ${budget}: expected at least ${LEAST_SLABS * SMALL_SLAB} bytes`);
    }
    this.budget = budget;
    this.#blocks = new SlabBlocks(budget);
  }

  /** Bytes of the slabs that are out. */
  get lent(): number {
    return this.#blocks.lent;
  }

  /** Bytes of all slabs, those at home too. */
  get memory(): number {
    return this.#blocks.memory;
  }

  get transfers(): number {
    return this.#shares + this.#waiting.length;
  }

  get isShort(): boolean {
    return this.#waiting.length > 0;
  }

  /** A share for one transfer, as soon as two small slabs can be kept for it. Close it at the end. @throws the signal's reason. */
  async open(signal?: AbortSignal): Promise<SlabShare> {
    signal?.throwIfAborted();
    const share = new SlabShare(this);
    if (!this.isShort && this.#admit(share)) return share;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { share, grant: resolve };
    this.#waiting.push(waiting);
    const onAbort = (): void => {
      const index = this.#waiting.indexOf(waiting);
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      reject(signal?.reason);
      this.#serve();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
      return share;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  reserve(bytes: number): boolean {
    if (this.#reserved + bytes > this.budget) return false;
    this.#reserved += bytes;
    return true;
  }

  unreserve(bytes: number): void {
    this.#reserved -= bytes;
    if (bytes > 0) this.#serve();
  }

  lend(size: number): Buffer | undefined {
    return this.#blocks.lend(size);
  }

  takeBack(memory: Buffer): void {
    this.#blocks.takeBack(memory);
  }

  leave(): void {
    this.#shares -= 1;
  }

  #admit(share: SlabShare): boolean {
    if (!this.reserve(share.reserved)) return false;
    this.#shares += 1;
    return true;
  }

  #serve(): void {
    for (let first = this.#waiting[0]; first !== undefined && this.#admit(first.share); first = this.#waiting[0]) {
      this.#waiting.shift();
      first.grant();
    }
  }
}

/** The budget of the process, which all registries share. */
export const processSlabs: SlabPool = new SlabPool();
